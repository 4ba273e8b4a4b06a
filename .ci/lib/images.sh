# shellcheck shell=bash
# One image per folder of images/, published in the local registry. Sourced after base-image.sh, engine.sh, registry.sh.
#
# A folder holds a Dockerfile that begins with `ARG BASE` and `FROM $BASE`, a list `packages` of what the base must have,
# and `version`, a shell command that prints the version of the server inside the image. It may hold a list `files` of
# what is copied beside the Dockerfile from the cache.

image_names() {
    local file
    for file in "$ci_dir"/images/*/Dockerfile; do basename "${file%/*}"; done
}

# image_hash NAME: of everything that builds it. Names count as well as contents, modes do not (COPY is followed by chmod).
image_hash() {
    (cd "$ci_dir/images/$1" && base_hash && find . -type f -print0 | sort -z | xargs -0 sha256sum) | sha256sum | cut -c -12
}

# The record of an image is one line: the hash it was built from, its version, its reference by digest.
image_record() { printf '%s/images/%s\n' "$cache" "$1"; }

# prepare_image NAME
prepare_image() {
    local hash reference
    hash=$(image_hash "$1")
    state=reused
    if ! is_published "$1" "$hash"; then
        state=new
        prepare_base
        say "building the image $1"
        logged "image-$1" build_image "$1" "$hash"
    fi
    read -r hash version reference <"$(image_record "$1")"
    version="$version ${reference#*/}"
}

# is_published NAME HASH: built from these very files, and the registry still has it.
# The pull fetches what a daemon with an empty store lacks; it does not ask the registry for what the daemon has.
is_published() {
    local hash version reference
    { read -r hash version reference <"$(image_record "$1")"; } 2>/dev/null || return 1
    [[ $hash == "$2" && $reference == "$registry/"* ]] || return 1
    published_digest "harness/$1" "${reference##*@}" >/dev/null || return 1
    docker pull --quiet "$reference" >/dev/null 2>&1
}

build_image() {
    local repository=harness/$1 version
    # The classic builder: a client may be newer than the daemon, and come with no other.
    DOCKER_BUILDKIT=0 docker build --build-arg "BASE=$(base_image)" --tag "$repository:$2" "$(build_context "$1")"
    version=$(docker run --rm --network none --entrypoint sh "$repository:$2" -c "$(<"$ci_dir/images/$1/version")")
    [[ $version =~ ^[0-9][0-9A-Za-z._-]*$ ]] || fail "images/$1/version printed '$version', which is no version"
    docker tag "$repository:$2" "$registry/$repository:$version"
    docker push "$registry/$repository:$version"
    write_image_record "$1" "$2" "$version"
}

# build_context NAME: the directory to build from; with what its list `files` names in the cache, where it has one.
build_context() {
    local context=$ci_dir/images/$1 file
    if [[ -e $context/files ]]; then
        context=$cache/tmp/context-$1
        rm -rf "$context"
        mkdir -p "$context"
        cp -r "$ci_dir/images/$1/." "$context"
        for file in $(sed 's/#.*//' "$context/files"); do cp -r "$cache/$file" "$context"; done
    fi
    printf '%s\n' "$context"
}

write_image_record() {
    local repository=harness/$1 digest file
    digest=$(published_digest "$repository" "$3") || fail "the registry has no digest for $repository:$3 after the push"
    file=$(image_record "$1")
    mkdir -p "${file%/*}"
    printf '%s %s %s\n' "$2" "$3" "$registry/$repository:$3@$digest" >"$file.new"
    mv "$file.new" "$file"
}

# {"postgres": "127.0.0.1:5000/harness/postgres:15.1@sha256:..."}: what HARNESS_IMAGES names.
write_image_list() {
    local name separator='{'
    for name in $(image_names); do
        printf '%s\n  "%s": "%s"' "$separator" "$name" "$(cut -d ' ' -f 3 "$(image_record "$name")")"
        separator=,
    done >"$cache/images.json.new"
    printf '\n}\n' >>"$cache/images.json.new"
    mv "$cache/images.json.new" "$cache/images.json"
}
