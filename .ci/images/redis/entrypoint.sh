#!/usr/bin/env bash
# Does what the official image's entrypoint does, then becomes the server with the arguments given.
set -euo pipefail

main() {
    # `docker run image --save 60 1` and `docker run image my.conf` mean the server.
    [[ ${1:-} != -* && ${1:-} != *.conf ]] || set -- redis-server "$@"
    if [[ ${1:-} == redis-server ]]; then
        ((EUID != 0)) || become_redis "$@"
        # The official server is built without protected mode, which refuses clients from outside of the container.
        [[ " $* " == *' --protected-mode '* ]] || set -- "$@" --protected-mode no
    fi
    umask 0077
    exec "$@"
}

# A mounted volume may belong to root.
become_redis() {
    find . ! -user redis -exec chown redis {} +
    exec setpriv --reuid=redis --regid=redis --clear-groups "${BASH_SOURCE[0]}" "$@"
}

main "$@"
