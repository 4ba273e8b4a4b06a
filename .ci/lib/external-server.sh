# shellcheck shell=bash
# shellcheck disable=SC2034 # steps.sh reads `state` and `version`
# A PostgreSQL server that stands for somebody else's: the one that DATABASE_URL names. Sourced after processes.sh.
#
# Its settings are those of any server; what a test may do there is what the roles may do there.

server_bin=/usr/lib/postgresql/15/bin
server_dir=$cache/external-postgres
server_roles=(ci ci_creator ci_reader) # superuser; may create databases; may not

prepare_server() {
    state=reused
    [[ -e $server_dir ]] || make_server
    # shellcheck source=/dev/null
    . "$server_dir/credentials"
    [[ -s $server_dir/port ]] || free_port 0 >"$server_dir/port"
    if ! server_answers; then revive_server; fi
    version="$(server_sql 'show server_version') on 127.0.0.1:$(<"$server_dir/port")"
}

# url ROLE
url() {
    local password=password_$1
    printf 'postgresql://%s:%s@127.0.0.1:%s/shop\n' "$1" "${!password}" "$(<"$server_dir/port")"
}

server_sql() { PGCONNECT_TIMEOUT=5 "$server_bin/psql" "$(url ci)" --no-psqlrc -qAtc "$1" 2>/dev/null; }

# Another server may have got this port by now, even one that accepts the password: a copy of ours.
server_answers() { [[ $(server_sql 'show data_directory') == "$server_dir/data" ]]; }

as_postgres() { setpriv --reuid=postgres --regid=postgres --init-groups --reset-env "$@"; }

# Made aside and renamed when complete: a run that was killed leaves nothing that looks like a server.
make_server() {
    local work=$server_dir.new
    say "making the external PostgreSQL server"
    state=new
    rm -rf "$work"
    mkdir -m 755 "$work"
    as_postgres test -x "$work" || fail "the user postgres cannot enter $work: choose a HARNESS_CI_CACHE whose parents let others in"
    write_credentials "$work/credentials"
    # shellcheck source=/dev/null
    . "$work/credentials"
    logged external-postgres-made initialize_server "$work/data"
    mv "$work" "$server_dir"
}

write_credentials() {
    local role
    make_private "$1"
    for role in "${server_roles[@]}"; do
        printf 'password_%s=%s\n' "$role" "$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')"
    done >"$1"
}

# initialize_server DATA: in single-user mode, so that no server with half of its roles ever listens.
initialize_server() {
    install -d -o postgres -g postgres -m 700 "$1"
    as_postgres "$server_bin/initdb" --pgdata="$1" --username=ci --encoding=UTF8 --locale=C.UTF-8
    printf 'host all all 127.0.0.1/32 scram-sha-256\n' >"$1/pg_hba.conf"
    printf "%s\n" "listen_addresses = '127.0.0.1'" "unix_socket_directories = ''" >>"$1/postgresql.conf"
    # The tests run in several processes, each as two roles, and leak connections on purpose.
    printf 'max_connections = 200\n' >>"$1/postgresql.conf"
    # As each `drop database` ends with a checkpoint, a slow disk would hold all of them up for seconds.
    printf 'fsync = off\n' >>"$1/postgresql.conf"
    roles_and_database | offline_sql "$1" postgres
    customers | offline_sql "$1" shop
}

# offline_sql DATA DATABASE: statements end with a semicolon and an empty line (-j), the first error ends it all.
offline_sql() { as_postgres "$server_bin/postgres" --single -j -D "$1" -c exit_on_error=on "$2"; }

roles_and_database() {
    cat <<END
alter role ci password '${password_ci:?}';

create role ci_creator login createdb password '${password_ci_creator:?}';

create role ci_reader login password '${password_ci_reader:?}';

create database shop;

END
}

# What a test run has to leave exactly as it is.
customers() {
    cat <<'END'
create table customers (
    id integer generated always as identity primary key,
    email text not null unique,
    joined date not null
);

insert into customers (email, joined) values
    ('ada@example.com', '2021-03-04'), ('grace@example.com', '2022-12-09'), ('edsger@example.com', '2023-05-11');

grant select on customers to ci_creator, ci_reader;

END
}

revive_server() {
    recorded_pid external-postgres >/dev/null || start_server
    await external-postgres 60 server_answers
}

# A backend that is busy does not notice that its postmaster was killed, and the next postmaster refuses to start beside it.
# The working directory is the identity of these: no other server has it.
end_backends() {
    local link pid
    while read -r link; do
        pid=${link#/proc/} pid=${pid%/cwd}
        [[ $(readlink "/proc/$pid/exe") != "$server_bin/postgres"* ]] || end_process 'left by external-postgres' "$pid" QUIT KILL
    done < <(find /proc -maxdepth 2 -path '/proc/[0-9]*/cwd' -lname "$server_dir/data" 2>/dev/null)
}

# A postmaster that was killed is "still running" until its zombie is reaped.
start_server() {
    local deadline=$((SECONDS + 20))
    say "starting the external PostgreSQL server"
    state=new
    end_backends >&2
    until start_server_once; do
        ((SECONDS < deadline)) || give_up external-postgres "did not start"
        grep -qE 'already exists|shared memory block|Address already in use' "$logs/external-postgres.log" ||
            give_up external-postgres "died"
        sleep 0.5
    done
}

# start_server_once: true when it answers, false when it has died.
start_server_once() {
    local port
    port=$(free_port "$(<"$server_dir/port")")
    printf '%s\n' "$port" >"$server_dir/port"
    start_detached external-postgres setpriv --reuid=postgres --regid=postgres --init-groups --reset-env \
        "$server_bin/postgres" -D "$server_dir/data" -p "$port"
    until server_answers; do
        recorded_pid external-postgres >/dev/null || return 1
        sleep 0.1
    done
}

# free_port WANTED: that one when it is free, else another.
free_port() {
    python3 - "$1" <<'END'
import socket
import sys

for port in (int(sys.argv[1]), 0):
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            continue
        print(listener.getsockname()[1])
        break
END
}

end_server() {
    end_recorded external-postgres INT QUIT
    end_backends
}
