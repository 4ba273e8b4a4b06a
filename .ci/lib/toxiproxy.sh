# shellcheck shell=bash
# shellcheck disable=SC2034 # steps.sh reads `state` and `version`
# Toxiproxy's own server and command, built from the published Go module by a Go from PyPI: for the image, for the
# external server, and for tests that compare ours with it. Sourced after base-image.sh.

toxiproxy_home=$cache/toxiproxy
toxiproxy_version=2.12.0

prepare_toxiproxy() {
    state=reused
    if ! toxiproxy_is_built; then
        state=new
        say "building Toxiproxy"
        logged toxiproxy build_toxiproxy
    fi
    version="$toxiproxy_version in $toxiproxy_home"
}

toxiproxy_is_built() {
    [[ -x $toxiproxy_home/toxiproxy-cli ]] &&
        [[ $("$toxiproxy_home/toxiproxy-server" -version) == *" $toxiproxy_version" ]]
} 2>/dev/null

# Made aside and renamed when complete; the Go that built it is not kept. Whoever runs it has to be able to read it.
build_toxiproxy() {
    local work=$toxiproxy_home.new module=github.com/Shopify/toxiproxy/v2
    rm -rf "$work"
    mkdir -p "$work"
    python3 -m venv "$work/go"
    "$work/go/bin/pip" install --quiet --require-hashes --requirement "$ci_dir/images/toxiproxy/go.txt"
    env GOPATH="$work/path" GOCACHE="$work/cache" GOBIN="$work" GOTOOLCHAIN=local CGO_ENABLED=0 GOFLAGS=-modcacherw \
        "$work/go/bin/go" install -trimpath -ldflags "-s -w -X $module.Version=$toxiproxy_version" \
        "$module/cmd/server@v$toxiproxy_version" "$module/cmd/cli@v$toxiproxy_version"
    mv "$work/server" "$work/toxiproxy-server"
    mv "$work/cli" "$work/toxiproxy-cli"
    rm -rf "$work/go" "$work/path" "$work/cache"
    chmod -R a+rX "$work"
    rm -rf "$toxiproxy_home"
    mv "$work" "$toxiproxy_home"
}
