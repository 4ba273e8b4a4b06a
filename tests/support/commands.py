"""Commands of `harness` in processes of their own, on a registry and servers of their own."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from typing import Any

from harness import Environment, Postgres
from harness.core.identity import registry_id, registry_path
from harness.core.janitor.link import nudge
from harness.core.registry import files, processes
from harness.core.registry.directory import Registry
from harness.core.registry.listing import janitor_of
from harness.core.settings import Settings
from harness.errors import RequiredError, UnavailableError
from tests.support.project import STRICT, environ
from tests.support.registry import wait_until
from tests.support.unit import DirectoryTest

PATIENCE = 30.0
IPC_STAT = 2
# As the installed command does it: its own directory comes first, not the current one.
COMMAND = """
import sys
sys.path[:] = [entry for entry in sys.path if entry]
from harness.cli.main import main
main(prog_name="harness")
"""
HOLD = """
import sys
from harness import Environment, Postgres
with Environment() as environment:
    lease = environment.lease(Postgres(isolation="commit"))
    print("holding", flush=True)
    sys.stdin.read()
"""

HABITS = ("CI", "COLUMNS")  # of the place where the tests run: what is printed follows from them


class CommandsTest(DirectoryTest):
    """A test that runs commands on embedded servers, in directories that are its own."""

    def setUp(self) -> None:
        super().setUp()
        self.directory.chmod(0o755)  # the server's user has to enter it
        self.state, self.data = self.directory / "state", self.directory / "data"
        self.state.mkdir()
        self.data.mkdir(mode=0o755)
        self.environ = {
            **{name: text for name, text in environ().items() if name not in HABITS},
            "HARNESS_STATE_DIR": str(self.state),
            "HARNESS_DATA_DIR": str(self.data),
            "HARNESS_PROVIDERS": "embedded",
        }
        self.addCleanup(self._end_all)

    def need(self) -> None:
        """Skip this test where no server can be embedded; fail it where one is required."""
        try:
            Environment(providers="embedded").choose(Postgres())
        except RequiredError:
            raise
        except UnavailableError as error:
            self.skipTest(str(error))

    def _end_all(self) -> None:
        """Remove what a failing test has left, which it has told by now."""
        registry = self.registry
        for slot in registry.slots():
            slot.tidy(kept=True)
        nudge(registry.path)
        wait_until(lambda: janitor_of(registry.path) is None, "the janitor's leaving")

    @property
    def own_settings(self) -> Settings:
        """The settings of the commands."""
        return Settings.read(self.directory, environ=self.environ)

    @property
    def registry(self) -> Registry:
        """The registry of the commands."""
        settings = self.own_settings
        return Registry(str(registry_path(settings)), registry_id(settings))

    def start(self, *arguments: str, code: str = COMMAND, **options: Any) -> subprocess.Popen[str]:
        """Start a command, or other code; it is killed at the end if it still runs."""
        process = subprocess.Popen(
            [sys.executable, *STRICT, "-c", code, *arguments],
            cwd=self.directory,
            text=True,
            **{
                "env": self.environ,
                "stdin": subprocess.PIPE,
                "stdout": subprocess.PIPE,
                "stderr": subprocess.PIPE,
                **options,
            },
        )
        self.addCleanup(end, process)
        return process

    def harness(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        process = self.start(*arguments, env={**self.environ, **variables})
        stdout, stderr = process.communicate(timeout=PATIENCE)
        return subprocess.CompletedProcess(arguments, process.returncode, stdout, stderr)

    def hold(self, **variables: str) -> subprocess.Popen[str]:
        """Start a process that holds a PostgreSQL until its standard input ends."""
        self.need()
        process = self.start(code=HOLD, env={**self.environ, **variables})
        self.read_until(process, "holding")
        return process

    def read_until(self, process: subprocess.Popen[str], word: str) -> None:
        """Read what a process prints until a line is `word`."""
        assert process.stdout is not None
        for line in process.stdout:
            if line.strip() == word:
                return
        errors = process.stderr.read() if process.stderr is not None else ""
        self.fail(f"it ended before it said {word!r}:\n{errors}")

    def janitor(self) -> int:
        """Return the process number of the janitor."""
        pid, _ = files.read(f"{self.registry.path}/janitor.pid")
        return int(pid)

    def crash(self, holder: subprocess.Popen[str]) -> None:
        """Kill the janitor and a holder, so that nobody is left to clean up."""
        kill(self.janitor())
        holder.kill()
        holder.wait(PATIENCE)

    def made(self) -> Made:
        """Return what is made now, to look for it later."""
        return Made(self)

    def assertNothingRuns(self, made: Made) -> None:
        """Check that nothing is left of what was made, by its identity."""
        self.assertEqual([], made.left())
        self.assertEqual([], self.registry.slots())
        self.assertEqual([], list(self.data.iterdir()))


class Made:
    """Servers that ran at one moment: their directories, processes and shared memory."""

    def __init__(self, test: CommandsTest) -> None:
        intents = [slot.intent for slot in test.registry.slots()]
        self.instances = [intent["instance"] for intent in intents if intent]
        self.processes = [(pid, processes.start_time(pid)) for pid in self._processes()]
        locks = test.data.glob("*/data/postmaster.pid")
        lines = [file.read_text(encoding="utf-8").splitlines()[6] for file in locks]
        self.segments = [int(line.split()[1]) for line in lines]
        test.assertTrue(self.instances and self.processes and self.segments)

    def _processes(self) -> list[int]:
        return [pid for one in self.instances for pid in processes.everything("/none", one)]

    def left(self) -> list[str]:
        """Return what is left of them."""
        pids = {pid for pid, started in self.processes if processes.is_alive(pid, started)}
        found = [f"process {pid}" for pid in {*pids, *self._processes()}]
        return found + [f"segment {number}" for number in self.segments if is_there(number)]


def is_there(segment: int) -> bool:
    """Tell whether a segment of System V shared memory is there."""
    room = ctypes.create_string_buffer(256)
    return ctypes.CDLL(None).shmctl(segment, IPC_STAT, room) == 0


def kill(pid: int) -> None:
    """Kill a process that is not our child, and wait until it is dead."""
    started = processes.start_time(pid)
    os.kill(pid, signal.SIGKILL)
    assert processes.wait_for_end(pid, started, PATIENCE)


def end(process: subprocess.Popen[str]) -> None:
    """Kill a process of ours that still runs, and close its pipes."""
    if process.poll() is None:
        process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()
