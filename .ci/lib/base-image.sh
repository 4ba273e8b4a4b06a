# shellcheck shell=bash
# The one image under all others: a small Debian with the packages that they ask for. Sourced after packages.sh.

ci_dir=$(dirname "${BASH_SOURCE[0]%/*}")

# base_packages: what the folders of the images list, one per line, without comments.
base_packages() { sed -e 's/#.*//' -e 's/[[:space:]]//g' -e '/^$/d' "$ci_dir"/images/*/packages | sort -u; }

# Everything that decides what is in it, apart from the mirror's state of the day.
base_hash() {
    { base_packages && dpkg --print-architecture && cat "${BASH_SOURCE[0]}"; } | sha256sum | cut -c -12
}

base_image() { printf 'harness-ci/base:%s\n' "$(base_hash)"; }

prepare_base() {
    local image
    image=$(base_image)
    ! docker image inspect "$image" >/dev/null 2>&1 || return 0
    say "building the base image: $(base_packages | paste -sd ' ')"
    logged base-image build_base "$image"
}

build_base() {
    local work=$cache/tmp/base sources
    sources=$(debian_sources)
    # --one-file-system: what a killed run left may still have /proc and /sys mounted in it.
    rm -rf --one-file-system "$work"
    mkdir -p "$work"
    apt_settings >"$work/apt.conf"
    # No cluster in the image: an entrypoint makes its own. Java's package wants the directory of manual pages.
    # shellcheck disable=SC2016 # the hooks are expanded by mmdebstrap: $1 is the directory of the new system
    TMPDIR=$work mmdebstrap --mode=root --variant=minbase --include="$(base_packages | paste -sd ,)" \
        --aptopt="$work/apt.conf" --customize-hook='rm -f "$1/etc/apt/apt.conf.d/99mmdebstrap"' \
        --dpkgopt=force-unsafe-io --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
        --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
        --setup-hook='mkdir -p "$1/etc/postgresql-common/createcluster.d" "$1/usr/share/man/man1"' \
        --setup-hook='echo "create_main_cluster = false" >"$1/etc/postgresql-common/createcluster.d/image.conf"' \
        bookworm "$work/base.tar" "$sources"
    docker import "$work/base.tar" "$1"
    rm -rf "$work"
}

# mmdebstrap reads the machine's sources, not its apt.conf: without its proxy the sources may be out of reach.
apt_settings() {
    apt-config dump --no-empty --format '%F "%v";%n' |
        grep -iE '^Acquire::(https?::Proxy|Retries|Check-Valid-Until|Check-Date)\b' || true
}
