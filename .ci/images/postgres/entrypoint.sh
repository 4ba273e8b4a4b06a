#!/usr/bin/env bash
# Does what the official image's entrypoint does with POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB,
# POSTGRES_INITDB_ARGS and PGDATA, then becomes the server with the arguments given.
set -euo pipefail

main() {
    # `docker run image -c fsync=off` means the server.
    [[ ${1:-} != -* ]] || set -- postgres "$@"
    if [[ ${1:-} == postgres ]]; then
        ((EUID != 0)) || become_postgres "$@"
        [[ -s $PGDATA/PG_VERSION ]] || make_cluster "$@"
    fi
    exec "$@"
}

# The server refuses to run as root. A mounted volume may belong to root, too.
become_postgres() {
    mkdir -p "$PGDATA"
    chmod 700 "$PGDATA"
    find "$PGDATA" ! -user postgres -exec chown postgres {} +
    export HOME=/var/lib/postgresql
    exec setpriv --reuid=postgres --regid=postgres --init-groups "${BASH_SOURCE[0]}" "$@"
}

make_cluster() {
    local user=${POSTGRES_USER:-postgres}
    need_password
    # Local connections are trusted: only `docker exec` can make one.
    # shellcheck disable=SC2086 # the arguments are words, as in the official image
    initdb --username="$user" --pwfile=<(printf '%s\n' "$POSTGRES_PASSWORD") \
        --auth-local=trust --auth-host=scram-sha-256 ${POSTGRES_INITDB_ARGS:-}
    printf '\nhost all all all scram-sha-256\n' >>"$PGDATA/pg_hba.conf"
    make_database "$user" "${POSTGRES_DB:-$user}" "$@"
    printf '\nPostgreSQL init process complete; ready for start up.\n\n'
}

need_password() {
    [[ -n ${POSTGRES_PASSWORD:-} ]] && return
    printf 'Error: Database is uninitialized and superuser password is not specified.\n' >&2
    printf '       You must specify POSTGRES_PASSWORD to a non-empty value for the superuser.\n' >&2
    exit 1
}

# make_database USER DATABASE postgres [ARGUMENT...]: by a server for the time being, without TCP,
# so that a client outside cannot take it for the one that stays. A client inside can, and the log says "ready" twice:
# tests have to meet these traps of the official image here as well.
make_database() {
    local user=$1 database=$2
    shift 3
    pg_ctl --wait --options="$(printf '%q ' "$@" -c listen_addresses='')" start
    [[ $database == postgres ]] ||
        psql --no-psqlrc --quiet --username="$user" --dbname=postgres --set=ON_ERROR_STOP=1 --set=database="$database" \
            <<<'create database :"database"'
    pg_ctl --wait --mode=fast stop
}

main "$@"
