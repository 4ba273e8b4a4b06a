# shellcheck shell=bash
# Detached processes that a later run finds again. Sourced after settings.sh.
#
# A process is known by pid, start time and boot: a pid alone may belong to somebody else by now.

# identity PID: what tells this process from a later one with the same pid; false when there is none, or a zombie.
identity() {
    local stat fields
    # Not $(<file): where the file is missing, that ends a shell under `set -e` even inside a condition.
    { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
    # The command's name comes second, in parentheses, and may hold blanks and parentheses itself.
    read -ra fields <<<"${stat##*) }"
    [[ ${fields[0]} != Z ]] || return 1
    printf '%s %s %s\n' "$1" "${fields[19]}" "$(</proc/sys/kernel/random/boot_id)"
}

record_of() { printf '%s/%s.process' "$run_dir" "$1"; }

record() { identity "$2" >"$(record_of "$1")"; }

# recorded_pid NAME: the pid, when the recorded process still runs; false otherwise.
recorded_pid() {
    local pid rest
    { read -r pid rest <"$(record_of "$1")"; } 2>/dev/null || return 1
    [[ $(identity "$pid") == "$pid $rest" ]] || return 1
    printf '%s\n' "$pid"
}

# start_detached NAME COMMAND...: the process writes its record before it becomes the command,
# so there is no moment in which the server runs and nobody knows of it.
start_detached() {
    (
        close_inherited_files
        record "$1" "$BASHPID"
        exec setsid "${@:2}"
    ) </dev/null >"$logs/$1.log" 2>&1 &
    # From here on, "no record" has to mean "dead".
    until [[ $(recorded_pid "$1") == "$!" ]] || ! identity "$!" >/dev/null; do sleep 0.01; done
}

# A daemon that held our lock, or a pipe of the CI product, would keep both open for as long as it runs.
close_inherited_files() {
    local fd
    for fd in "/proc/$BASHPID/fd/"*; do
        fd=${fd##*/}
        ((fd <= 2)) || exec {fd}>&-
    done
}

# await NAME SECONDS PROBE...: until the probe is true; an error at once when the process has died.
await() {
    local deadline=$((SECONDS + $2))
    until "${@:3}"; do
        recorded_pid "$1" >/dev/null || give_up "$1" "died before it answered"
        ((SECONDS < deadline)) || give_up "$1" "runs but did not answer within $2 s"
        sleep 0.1
    done
}

give_up() {
    tail_of "$logs/$1.log"
    fail "$1 $2; the end of $logs/$1.log is above"
}

# has_ended PID IDENTITY SECONDS
has_ended() {
    local deadline=$((SECONDS + $3))
    while [[ $(identity "$1") == "$2" ]]; do
        ((SECONDS < deadline)) || return 1
        sleep 0.1
    done
}

# end_process NAME PID SIGNAL STRONGER: asks, and after 30 s insists.
end_process() {
    local known signal
    known=$(identity "$2") || return 0
    for signal in "$3" "$4"; do
        kill -s "$signal" "$2" 2>/dev/null || true
        has_ended "$2" "$known" 30 && printf '%s: ended (pid %s, %s)\n' "$1" "$2" "$signal" && return
    done
    fail "$1: pid $2 did not end on $3 nor on $4"
}

# end_recorded NAME SIGNAL STRONGER
end_recorded() {
    local pid
    if pid=$(recorded_pid "$1"); then
        end_process "$1" "$pid" "$2" "$3"
    else
        printf '%s: not running, or not started here\n' "$1"
    fi
    rm -f "$(record_of "$1")"
}
