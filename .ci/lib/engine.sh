# shellcheck shell=bash
# shellcheck disable=SC2034 # steps.sh reads `state` and `version`
# The Docker daemon. Sourced after processes.sh.

exec_root=$run_dir/docker

engine_version() { timeout 10 docker version --format '{{.Server.Version}}' 2>/dev/null; }

engine_answers() { engine_version >/dev/null; }

prepare_engine() {
    state=reused
    if ! engine_answers; then
        # One that we started a moment ago may not be ready yet.
        recorded_pid dockerd >/dev/null || start_engine
        await dockerd 60 engine_answers
    fi
    version="$(engine_version), $(engine_origin)"
}

engine_origin() { recorded_pid dockerd >/dev/null && printf 'ours' || printf 'not started here'; }

# No --ip 127.0.0.1 here, though it would be safer: a test that publishes a port on all interfaces has to be seen doing so.
start_engine() {
    say "starting dockerd"
    state=new
    mkdir -p "$exec_root" "$cache/docker"
    forget_stale_pids
    start_detached dockerd dockerd --host "$DOCKER_HOST" --data-root "$cache/docker/data" \
        --exec-root "$exec_root" --pidfile "$run_dir/dockerd.pid"
}

# dockerd believes in the pid files of its predecessor as soon as any process has that pid.
forget_stale_pids() {
    rm -f "$run_dir/dockerd.pid"
    containerd_pid >/dev/null || rm -f "$exec_root/containerd/containerd.pid"
}

# containerd_pid: of the containerd that belongs to our dockerd, which outlives a dockerd that was killed; false without one.
containerd_pid() {
    local pid
    pid=$(cat "$exec_root/containerd/containerd.pid" 2>/dev/null) || return 1
    # The path of the settings is its identity: nobody else's containerd reads this file.
    tr '\0' '\n' 2>/dev/null <"/proc/$pid/cmdline" | grep -qxF "$exec_root/containerd/containerd.toml" || return 1
    printf '%s\n' "$pid"
}

end_engine() {
    local pid
    end_recorded dockerd TERM KILL
    # It is still there when dockerd had been killed.
    ! pid=$(containerd_pid) || end_process containerd "$pid" TERM KILL
    ! containers_run || say "containers of a dockerd that was killed still run: .ci/prepare and .ci/stop once more end them"
}

# Each container has a shim, which names the socket of its containerd.
containers_run() { grep -qsaF "$exec_root/containerd/containerd.sock" /proc/[0-9]*/cmdline; }
