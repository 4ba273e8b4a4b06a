# shellcheck shell=bash
# shellcheck disable=SC2034 # steps.sh reads `state` and `version`
# A Redis server that stands for somebody else's: the one that REDIS_URL names. Sourced after external-server.sh.
#
# Its settings are those of any server, but for the number of databases: several processes of tests and of
# examples use it at once. It holds data in the database of the URL and in another one.

redis_dir=$cache/external-redis

prepare_redis() {
    state=reused
    [[ -e $redis_dir ]] || make_redis
    # shellcheck source=/dev/null
    . "$redis_dir/credentials"
    [[ -s $redis_dir/port ]] || free_port 0 >"$redis_dir/port"
    if ! redis_answers; then revive_redis; fi
    version="$(redis_field redis_version) on 127.0.0.1:$(<"$redis_dir/port")"
}

redis_url() { printf 'redis://ci:%s@127.0.0.1:%s/0\n' "${password_redis:?}" "$(<"$redis_dir/port")"; }

# redis_ask COMMAND...: the password stays out of the command line.
redis_ask() {
    REDISCLI_AUTH=${password_redis:?} timeout 5 \
        redis-cli -h 127.0.0.1 -p "$(<"$redis_dir/port")" --user ci --no-auth-warning "$@" 2>/dev/null
}

redis_field() { redis_ask info server | tr -d '\r' | sed -n "s/^$1://p"; }

# Another server may have got this port by now, even one that accepts the password: a copy of ours.
redis_answers() { [[ $(redis_field config_file) == "$redis_dir/redis.conf" ]]; }

# Made aside and renamed when complete: a run that was killed leaves nothing that looks like a server.
make_redis() {
    local work=$redis_dir.new
    say "making the external Redis server"
    state=new
    rm -rf "$work"
    mkdir -m 755 "$work"
    make_private "$work/credentials"
    printf 'password_redis=%s\n' "$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')" >"$work/credentials"
    # shellcheck source=/dev/null
    . "$work/credentials"
    install -d -o redis -g redis -m 700 "$work/data"
    install -o redis -g redis -m 600 /dev/null "$work/redis.conf"
    redis_settings >"$work/redis.conf"
    mv "$work" "$redis_dir"
}

redis_settings() {
    printf '%s\n' 'bind 127.0.0.1' "dir $redis_dir/data" 'user default off' "user ci on >${password_redis:?} ~* &* +@all"
}

revive_redis() {
    if ! recorded_pid external-redis >/dev/null; then
        say "starting the external Redis server"
        state=new
        free_port "$(<"$redis_dir/port")" >"$redis_dir/port.new"
        mv "$redis_dir/port.new" "$redis_dir/port"
        start_detached external-redis setpriv --reuid=redis --regid=redis --init-groups --reset-env \
            redis-server "$redis_dir/redis.conf" --port "$(<"$redis_dir/port")" --databases 64
    fi
    await external-redis 60 redis_answers
    redis_data
}

# What a test run has to leave exactly as it is.
redis_data() {
    redis_ask mset customer:1 ada@example.com customer:2 grace@example.com customer:3 edsger@example.com
    redis_ask -n 2 set visits 4711
} >/dev/null

end_redis() { end_recorded external-redis TERM KILL; }
