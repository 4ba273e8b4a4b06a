"""Running test modules in several processes at once, each with services of its own.

A worker is this program again, and takes one module after another: what is started for one serves
the next. What it prints for a module is shown when that has ended, so that nothing is mixed.
"""

import collections
import concurrent.futures
import itertools
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

# Parts of the names of modules that take seconds each.
SLOW = ("integration", "cli", "test_docs", "making", "janitor")
# In the names of modules that one process runs: what they start takes seconds, and serves them all.
TOGETHER = "kafka"


class Discovery(unittest.TestProgram):
    """`unittest`'s own reading of the command line, and its discovery, without the run."""

    def runTests(self):
        """Run nothing."""


class NamingLoader(unittest.TestLoader):
    """A loader that knows how many tests it has found in each module."""

    def __init__(self):
        super().__init__()
        self.sizes = {}

    def loadTestsFromModule(self, module, *args, **options):
        suite = super().loadTestsFromModule(module, *args, **options)
        if suite.countTestCases():
            self.sizes[module.__name__] = suite.countTestCases()
        return suite


class Worker:
    """A process that runs test modules.

    Args:
        command: How to start it, but for the descriptor of its end of our connection.
        output: File that it prints into.
    """

    def __init__(self, command, output):
        self._connection, theirs = socket.socketpair()
        self._answers = self._connection.makefile("r", encoding="utf-8")
        with open(output, "ab") as file, theirs:
            self._process = subprocess.Popen(
                [*command, "--worker", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
            )
        self._output = open(output, encoding="utf-8", errors="replace")  # noqa: SIM115

    def run(self, module):
        """Have a module's tests run; return their counts, or None if the worker died of it."""
        try:
            self._connection.sendall(f"{module}\n".encode())
            answer = self._answers.readline()
        except OSError:
            answer = ""
        return json.loads(answer) if answer else None

    def printed(self):
        """Return what it has printed since this was last asked."""
        return self._output.read()

    def end(self):
        """Wait until it has ended all that it started; return its exit code and its last words."""
        self._answers.close()
        self._connection.close()
        code = self._process.wait()
        with self._output:
            return code, self.printed()


class Run:
    """The modules of one run, and what became of them.

    Args:
        modules: Lists of their names, each for one worker, in the order in which they are begun.
        failfast: Whether to begin none after one that failed.
    """

    def __init__(self, modules, failfast):
        self.counts = {"passed": 0, "failed": 0, "skipped": 0}
        self._waiting = collections.deque(modules)
        self._failfast = failfast
        self._lock = threading.Lock()

    def attend(self, worker):
        """Give a worker one module after another; what it was at when it died has failed."""
        own = collections.deque()
        while (module := self._next(own)) is not None:
            began = time.monotonic()
            if (counts := worker.run(module)) is None:
                break
            self.note(f"{module}, {time.monotonic() - began:.1f} s", worker.printed(), counts)
        self._waiting.extendleft([[each] for each in own])  # for the others, or to be named
        code, text = worker.end()
        if module or code:
            said = f"a worker ended with exit code {code}" + f" in {module}" * bool(module)
            self.note(said, text, {"failed": 1})
        elif text:
            self.note("the end of a worker", text, {})

    @property
    def _is_stopped(self):
        return self._failfast and self.counts["failed"] > 0

    def _next(self, own):
        """Return the next module of a worker's own, or of what is waiting for any."""
        with self._lock:
            if not own and self._waiting:
                own.extend(self._waiting.popleft())
            return own.popleft() if own and not self._is_stopped else None

    def note(self, title, text, counts):
        """Show what was printed, and add to the counts."""
        with self._lock:
            print(f"\n== {title}\n{text}", end="", flush=True)
            for what, number in counts.items():
                self.counts[what] += number

    def finish(self):
        """Name what was never begun; it has failed, unless the run was to stop."""
        counts = {} if self._is_stopped else {"failed": 1}
        for module in itertools.chain(*self._waiting):
            self.note(f"{module} was not run", "", counts)


def longest_first(sizes):
    """Return the names of modules, those first that start servers, then by their number of tests.

    Args:
        sizes: How many tests each has.
    """
    slow = {name for name in sizes if set(SLOW) & set(name.split("."))}
    return sorted(sizes, key=lambda name: (name in slow, sizes[name]), reverse=True)


def for_workers(names):
    """Return lists of names, each for one worker: first those that belong together."""
    together = [name for name in names if TOGETHER in name.rpartition(".")[2]]
    return [*[together] * bool(together), *([name] for name in names if name not in together)]


def run(jobs, where, others):
    """Discover tests, and run their modules in several processes.

    Args:
        jobs: How many processes.
        where: Arguments for `unittest` that say what to discover.
        others: Arguments for each process.

    Returns:
        How many passed, failed and were skipped; a module that was not run has failed.
    """
    loader = NamingLoader()
    found = Discovery(module=None, argv=["", *where], testLoader=loader, exit=False)
    whole = Run(for_workers(longest_first(loader.sizes)), found.failfast)
    for error in loader.errors:
        whole.note("a module cannot be imported", error, {"failed": 1})
    command = [sys.executable, *sys.orig_argv[1 : len(sys.orig_argv) - len(sys.argv) + 1], *others]
    with tempfile.TemporaryDirectory() as directory:
        workers = [Worker(command, f"{directory}/{number}") for number in range(jobs)]
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            list(pool.map(whole.attend, workers))
    whole.finish()
    return whole.counts


def serve(descriptor, run):
    """Be a worker: run each module that is asked for, until nobody asks any more.

    Args:
        descriptor: That of our end of the connection.
        run: Called with the name of a module; returns how many of its tests passed, failed and
            were skipped.
    """
    os.set_inheritable(descriptor, False)
    with socket.socket(fileno=descriptor) as connection, connection.makefile("r") as modules:
        os.register_at_fork(after_in_child=lambda: leave(connection))
        for module in modules:
            counts = run(module.rstrip("\n"))
            sys.stdout.flush()
            sys.stderr.flush()
            connection.sendall(f"{json.dumps(counts)}\n".encode())


def leave(connection):
    """Close a forked child's copy, which would keep the other end from hearing that we died."""
    if (descriptor := connection.detach()) >= 0:
        os.close(descriptor)
