# shellcheck shell=bash
# What every file of this folder agrees on. Sourced, never run.

cache=$(realpath --canonicalize-missing "${HARNESS_CI_CACHE:-/var/cache/harness-ci}")
registry_port=${HARNESS_CI_REGISTRY_PORT:-5000}
logs=$cache/log

# What lives no longer than the machine's boot stays out of the cache, which a CI product may copy to another machine.
# The path is short, because the name of a Unix socket holds no more than 107 characters.
run_dir=/run/harness-ci/$(printf %s "$cache" | sha256sum | cut -c -12)

# Numbers and messages have one form wherever this runs.
export LC_ALL=C.UTF-8
# A root shell that came from `su` does not find the daemons.
PATH=$PATH:/usr/sbin:/sbin
# The daemon of this machine, never the one of somebody's context; nobody's stored credentials either.
export DOCKER_HOST=unix:///var/run/docker.sock DOCKER_CONFIG=$cache/docker/client
unset DOCKER_CONTEXT DOCKER_TLS_VERIFY DOCKER_API_VERSION
# Neither a client nor a server may pick up what the caller set for other servers.
unset "${!PG@}" "${!REGISTRY_@}"

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

fail() {
    printf 'error: %s\n' "$@" >&2
    exit 1
}

tail_of() { tail -n 30 "$1" 2>/dev/null | sed 's/^/    /' >&2; }

# make_private FILE: empty, and nobody else can read what will be in it.
make_private() { install -m 600 /dev/null "$1"; }

need_root() { ((EUID == 0)) || fail "this needs root: it installs packages and runs a Docker daemon"; }

# Two at once would start everything twice.
take_lock() {
    mkdir -p "$run_dir"
    exec {lock}>"$run_dir/lock"
    flock --nonblock "$lock" && return
    say "another run holds $run_dir/lock: waiting for it"
    flock "$lock"
}
