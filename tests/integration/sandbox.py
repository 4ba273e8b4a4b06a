"""Runs of a suite in processes of their own, and a look at all that they could leave behind."""

import atexit
import contextlib
import functools
import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
import unittest
from pathlib import Path

from harness.core.identity import registry_id
from harness.core.settings import Settings
from harness.providers.directories import cache_directory
from tests.integration.providers import environment

ROOT = Path(__file__).parents[2]
PATIENCE = 30.0
JANITOR = "/harness/core/janitor/__main__.py"
STRICT = ("-b", "-X", "dev", "-W", "error")
FOREIGN = ("DATABASE_URL", "REDIS_URL", "CI", "TEST_SEED")

HEADER = """
import os, sys, time, unittest
from harness import HarnessTestCase, Postgres

def say(word):
    os.write(1, word.encode() + b"\\n")

"""


class Sandbox:
    """A project with directories of its own, which make it a registry of its own.

    Args:
        test: The test whose clean-ups remove it.
        provider: Where its services run.
        variables: Environment variables, beside those that name the directories.
    """

    def __init__(self, test, provider, **variables):
        holder = tempfile.TemporaryDirectory(prefix="sandbox-", ignore_cleanup_errors=True)
        test.addCleanup(holder.cleanup)
        self.root = Path(holder.name)
        self.root.chmod(0o755)  # the server's user has to enter it
        self.data, self.temporary, self.cache, self.state = (
            self._directory(name) for name in ("data", "tmp", "cache", "state")
        )
        kept = {k: v for k, v in os.environ.items() if k not in FOREIGN}
        self.environ = {
            **{k: v for k, v in kept.items() if k == "HARNESS_IMAGES" or "HARNESS" not in k},
            "HARNESS_PROVIDERS": provider,
            "HARNESS_DATA_DIR": str(self.data),
            "HARNESS_CACHE_DIR": str(self.cache),
            "HARNESS_STATE_DIR": str(self.state),
            "TMPDIR": str(self.temporary),
            "PYTHONPATH": str(ROOT),
            **variables,
        }
        self._test = test
        test.addCleanup(self._sweep)
        self._lend_cache()

    def _directory(self, name):
        path = self.root / name
        path.mkdir()
        path.chmod(0o1777)
        return path

    def _lend_cache(self):
        """Use the data directory that this run's own tests prepared: initdb takes its time."""
        for prepared in cache_directory(environment("embedded").settings).glob("postgres-*"):
            (self.cache / prepared.name).symlink_to(prepared)

    def _sweep(self):
        """Remove what a failing test has left, which it has told by now."""
        for pid, _ in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if self.environ["HARNESS_PROVIDERS"] == "docker":
            for container in self.containers():
                container.remove(force=True, v=True)

    @property
    def settings(self):
        return Settings.read(self.root, environ=self.environ)

    @property
    def registry(self):
        return registry_id(self.settings)

    def write(self, source):
        """Write the suite: the body of a module that has `say`, `Postgres` and the test case."""
        (self.root / "suite.py").write_text(HEADER + textwrap.dedent(source), encoding="utf-8")

    def start(self, source, *prefix, python=sys.executable):
        """Start the suite; return the process, which is killed at the end if it still runs."""
        self.write(source)
        process = subprocess.Popen(
            [*prefix, python, *STRICT, "-m", "unittest", "suite"],
            cwd=self.root,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._test.addCleanup(end, process)
        return process

    def run(self, source, *prefix, **options):
        """Run the suite to its end; return its exit code and all that it printed."""
        process = self.start(source, *prefix, **options)
        printed, _ = process.communicate(timeout=PATIENCE)
        return process.returncode, printed

    def leftovers(self):
        """Return all that is left of this registry: files, slots, processes, containers."""
        places = (self.data, self.temporary, *self.state.glob("*/slots"))
        found = [f"file {path}" for place in places for path in listed(place)]
        found += [f"process {pid}: {command}" for pid, command in self.processes()]
        if self.environ["HARNESS_PROVIDERS"] == "docker":
            found += [f"container {container.name}" for container in self.containers()]
        return found

    def processes(self):
        """Return the processes, but for the suite's own, that work in our directories."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                about = f"{command} {os.readlink(entry / 'cwd')}/"
                if any(f"{place}/" in about for place in (self.data, self.state)):
                    found.append((int(entry.name), command))
        return found

    def janitors(self):
        """Return the janitors that run."""
        return [pid for pid, command in self.processes() if JANITOR in command]

    def containers(self):
        """Return the containers that carry this registry's label, whatever their state."""
        client = docker_client()
        label = f"org.unittest-harness.registry={self.registry}"
        return client.containers.list(all=True, filters={"label": label}, ignore_removed=True)


def listed(directory):
    """Return what is in a directory that somebody may be removing."""
    with contextlib.suppress(FileNotFoundError):
        return list(directory.iterdir())
    return []


@functools.cache
def docker_client():
    """Return a client for the daemon of this machine."""
    import docker

    client = docker.from_env()
    atexit.register(client.close)
    return client


def end(process):
    """Kill a process of ours that still runs, and close its pipe."""
    if process.poll() is None:
        process.send_signal(signal.SIGKILL)
    process.wait()
    if process.stdout:
        process.stdout.close()


def wait_for(process, word):
    """Read what a process prints until a line is `word`; return all lines before."""
    lines = []
    for line in process.stdout:
        if line.strip() == word:
            return lines
        lines.append(line)
    raise AssertionError(f"it ended before it said {word!r}:\n{''.join(lines)}")


def wait_until(condition, what, within=PATIENCE):
    """Return when the condition holds."""
    deadline = time.monotonic() + within
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not happen within {within:g} s")
        time.sleep(0.002)


class SandboxTest(unittest.TestCase):
    """A test that runs suites in sandboxes; skipped where the provider cannot run."""

    def sandbox(self, provider, **variables):
        self.need(provider)
        return Sandbox(self, provider, **variables)

    def need(self, provider):
        """Skip this test where a provider cannot run; fail it where it is required."""
        from harness import Postgres
        from harness.errors import RequiredError, UnavailableError

        try:
            environment(provider).choose(Postgres())
        except RequiredError:
            raise
        except UnavailableError as error:
            self.skipTest(str(error))

    def assertNothingLeft(self, sandbox):
        """Wait for the janitor, which leaves when it has nothing to look after; then look."""
        wait_until(lambda: not sandbox.janitors(), "the end of the janitor")
        self.assertEqual([], sandbox.leftovers())
