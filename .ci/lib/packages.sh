# shellcheck shell=bash
# shellcheck disable=SC2034 # steps.sh reads `state` and `version`
# Debian packages of the machine itself. Sourced after steps.sh.

packages=(
    ca-certificates curl # curl talks to the registry
    docker.io iptables   # dockerd needs iptables for bridge networks and published ports
    docker-registry mmdebstrap
    postgresql-15 redis-server
    openjdk-17-jre-headless maven # Kafka, and where its jars come from
    util-linux           # setsid, setpriv, flock
)

# The machine's own mirror, and no third party's list: one of those out of reach must not fail us.
debian_sources() {
    local file
    for file in /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list; do
        [[ ! -s $file ]] || { printf '%s\n' "$file" && return; }
    done
    fail "neither /etc/apt/sources.list.d/debian.sources nor /etc/apt/sources.list says where Debian's packages are"
}

need_bookworm() {
    # shellcheck source=/dev/null
    codename=$(. /etc/os-release && printf %s "${VERSION_CODENAME:-unknown}")
    [[ $codename == bookworm ]] || fail "this is made for Debian 12 (bookworm), not for $codename"
}

installed_version() {
    local status found
    # What dpkg has unpacked but not configured is not there yet.
    read -r status found < <(dpkg-query --show --showformat '${db:Status-Status} ${Version}\n' "$1" 2>/dev/null) || return 1
    [[ $status == installed ]] && printf '%s\n' "$found"
}

prepare_packages() {
    local package missing=()
    for package in "${packages[@]}"; do
        installed_version "$package" >/dev/null || missing+=("$package")
    done
    state=reused version="all ${#packages[@]} installed"
    ((${#missing[@]} > 0)) || return 0
    say "installing ${missing[*]}"
    logged packages install_packages "${missing[@]}"
    state=new version=${missing[*]}
}

install_packages() {
    local sources options
    export DEBIAN_FRONTEND=noninteractive HARNESS_CI_INSTALLS=1
    sources=$(debian_sources)
    options=(-o "Dir::Etc::sourcelist=$sources" -o Dir::Etc::sourceparts=- -o APT::Get::List-Cleanup=0
        -o DPkg::Lock::Timeout=120 -o Acquire::Retries=3)
    forbid_autostart
    trap allow_autostart EXIT
    # apt refuses to work after an installation that was killed in the middle.
    dpkg --configure -a
    apt-get "${options[@]}" update
    apt-get "${options[@]}" install --yes --no-install-recommends "$@"
}

policy=/usr/sbin/policy-rc.d
no_cluster=/etc/postgresql-common/createcluster.d/harness-ci.conf

# These packages start a daemon each, with settings and ports of their own, and PostgreSQL makes a cluster on 5432.
# We start what we need ourselves. The policy binds our own installation only, so that it harms nobody if we are killed.
forbid_autostart() {
    mkdir -p "${no_cluster%/*}"
    echo 'create_main_cluster = false' >"$no_cluster"
    [[ ! -e $policy ]] || return 0
    # shellcheck disable=SC2016 # expanded when dpkg asks
    printf '%s\n' '#!/bin/sh' '# of .ci/prepare' '[ -z "$HARNESS_CI_INSTALLS" ] || exit 101' >"$policy"
    chmod 755 "$policy"
}

allow_autostart() {
    rm -f "$no_cluster"
    ! grep -qsx '# of .ci/prepare' "$policy" || rm "$policy"
}
