# shellcheck shell=bash
# Steps that are timed, and commands whose output is shown only when they fail. Sourced after settings.sh.

summary=()
current_step=start

# Whatever ends the run, it is said where.
report_failure() { (($? == 0)) || printf 'error: failed in the step "%s"\n' "$current_step" >&2; }
trap report_failure EXIT

# step TITLE FUNCTION [ARGUMENT...]: the function sets `version` and `state` (new or reused).
step() {
    local begin=${EPOCHREALTIME/./} tenths
    version='' state='' current_step=$1
    "${@:2}"
    tenths=$(((${EPOCHREALTIME/./} - begin) / 100000))
    summary+=("$(printf '%-18s %-7s %4d.%d s  %s' "$1" "$state" $((tenths / 10)) $((tenths % 10)) "$version")")
}

print_summary() { printf '%s\n' "${summary[@]}"; }

# logged NAME COMMAND...: its output goes to the log NAME. Neither this nor the command may be a condition:
# bash would ignore `set -e` in all that it runs.
logged() {
    local log=$logs/$1.log status
    set +e
    (
        set -e
        "${@:2}"
    ) >"$log" 2>&1
    status=$?
    set -e
    ((status != 0)) || return 0
    tail_of "$log"
    fail "$1: exit status $status; the end of $log is above"
}
