# shellcheck shell=bash
# shellcheck disable=SC2034 # steps.sh reads `state` and `version`
# The registry on this machine that gives our images a published digest. Sourced after processes.sh.

registry=127.0.0.1:$registry_port

# ask_registry PATH [OPTION...]: the headers of the answer; false when it is no success.
ask_registry() {
    curl --noproxy '*' --silent --fail --max-time 10 --head "${@:2}" "http://$registry/v2/$1" 2>/dev/null | tr -d '\r'
}

registry_answers() { ask_registry '' | grep -qi '^docker-distribution-api-version:'; }

registry_port_is_open() { (exec 3<>"/dev/tcp/127.0.0.1/$registry_port") 2>/dev/null; }

prepare_registry() {
    state=reused
    if ! registry_answers; then
        registry_is_starting || start_registry
        await docker-registry 30 registry_answers
    fi
    version="$(installed_version docker-registry) on $registry, $(registry_origin)"
}

# Ours may also run on another port, from before HARNESS_CI_REGISTRY_PORT was changed.
registry_is_starting() {
    recorded_pid docker-registry >/dev/null && grep -qsF "addr: '$registry'" "$cache/registry/config.yml"
}

registry_origin() { recorded_pid docker-registry >/dev/null && printf 'ours' || printf 'not started here'; }

start_registry() {
    ! registry_port_is_open || fail "port $registry_port is taken by something that is no image registry without a password" \
        "end it (\`ss -ltnp 'sport = :$registry_port'\` names it), or set HARNESS_CI_REGISTRY_PORT to a free port"
    say "starting the image registry"
    state=new
    ! recorded_pid docker-registry >/dev/null || end_registry >&2
    write_registry_settings
    start_detached docker-registry docker-registry serve "$cache/registry/config.yml"
}

write_registry_settings() {
    mkdir -p "$cache/registry"
    cat >"$cache/registry/config.yml" <<END
version: 0.1
log: {level: warn, accesslog: {disabled: true}}
storage: {filesystem: {rootdirectory: $cache/registry/data}}
http: {addr: '$registry'}
END
}

# published_digest REPOSITORY TAG
published_digest() {
    ask_registry "$1/manifests/$2" --header 'Accept: application/vnd.docker.distribution.manifest.v2+json' |
        sed -n 's/^docker-content-digest: *//Ip' | grep .
}

end_registry() { end_recorded docker-registry TERM KILL; }
