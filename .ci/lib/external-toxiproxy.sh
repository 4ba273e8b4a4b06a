# shellcheck shell=bash
# shellcheck disable=SC2034 # steps.sh reads `state` and `version`
# A Toxiproxy server that stands for somebody else's: the one that TOXIPROXY_URL names. Sourced after toxiproxy.sh and
# external-server.sh.

proxies_dir=$cache/external-toxiproxy

prepare_proxies() {
    state=reused
    if ! proxies_answer; then revive_proxies; fi
    version="$toxiproxy_version on $(proxies_url)"
}

proxies_url() { printf 'http://127.0.0.1:%s\n' "$(<"$proxies_dir/port")"; }

# Nobody else is given its port as long as it is ours and alive.
proxies_answer() {
    recorded_pid external-toxiproxy >/dev/null &&
        curl --noproxy '*' --silent --fail --max-time 5 --output /dev/null "$(proxies_url)/version"
}

revive_proxies() {
    if ! recorded_pid external-toxiproxy >/dev/null; then
        say "starting the external Toxiproxy server"
        state=new
        mkdir -p "$proxies_dir"
        free_port "$(cat "$proxies_dir/port" 2>/dev/null || echo 0)" >"$proxies_dir/port.new"
        mv "$proxies_dir/port.new" "$proxies_dir/port"
        start_detached external-toxiproxy setpriv --reuid=nobody --regid=nogroup --clear-groups --reset-env \
            "$toxiproxy_home/toxiproxy-server" -host 127.0.0.1 -port "$(<"$proxies_dir/port")"
    fi
    await external-toxiproxy 30 proxies_answer
}

end_proxies() { end_recorded external-toxiproxy TERM KILL; }
