"""Running the project's tests by its own runner, with services that no other run has.

Nor any other worker: many of these tests end servers, or count who is connected.
"""

import atexit
import os
import shutil
import signal
import sys
import tempfile

from harness.cli.main import main as harness

STATE = "HARNESS_STATE_DIR"
USUAL = {
    # A broker takes seconds to start, and half a gigabyte; a Redis has sixteen databases.
    "HARNESS_CAPACITY": "kafka=1,redis=3",
    "HARNESS_START_AHEAD": "0",  # by whom? each worker has its own
}


def main(tests, root):
    """Run the tests of a directory by `harness run`, as `sys.argv` says, and exit.

    Args:
        tests: The directory to discover them in.
        root: The directory that their modules are imported from.
    """
    hear_signals()
    for name, value in USUAL.items():
        os.environ.setdefault(name, value)
    share_with_nobody()
    where = ("-s", str(tests), "-t", str(root))
    harness(["run", *where, "--buffer", "--order", "shuffle", *sys.argv[1:]])


def share_with_nobody():
    """Give each worker, and all that it starts, services of its own: no other's die with it.

    Below the directory that the variable names, or the temporary one. Workers are forked from this
    process: what it has registered for its end is not theirs.
    """
    parent = os.environ.get(STATE) or None
    if parent is not None:
        os.makedirs(parent, exist_ok=True)
    ours, place = os.getpid(), tempfile.mkdtemp(prefix="harness-tests-", dir=parent)
    os.environ[STATE] = place
    atexit.register(lambda: os.getpid() == ours and shutil.rmtree(place))

    def settle():
        if os.getppid() == ours:  # a worker; what tests fork stays with them
            os.environ[STATE] = tempfile.mkdtemp(dir=place)
            for name in USUAL:
                del os.environ[name]  # of this run, and not of those that tests start

    os.register_at_fork(after_in_child=settle)


def hear_signals():
    """Undo what `nohup` or a shell's `&` ignores: programs inherit that, and tests send signals."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for name in {"SIGHUP", "SIGQUIT"} & set(dir(signal)):
        signal.signal(getattr(signal, name), signal.SIG_DFL)
