"""Servers that we start on this machine, without Docker."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
from pathlib import Path

from harness.core.cleanup import Cleanups
from harness.core.endpoint import Endpoint
from harness.core.interrupts import interrupts_held
from harness.core.recipe import ContainerRecipe, Launch, ProcessRecipe, Recipe, UrlRecipe
from harness.core.settings import Settings
from harness.providers import directories
from harness.providers.accounts import group_of

STOP_TIMEOUT = 5.0
LOG_NAME = "server.log"


class LocalServer:
    """A server process of ours, with its directory.

    Args:
        process: The running process.
        launch: What was run.
        home: Its directory; removed when it stops.
        recipe: What was asked for.
        port: The socket that reserves its port.
    """

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        launch: Launch,
        home: Path,
        recipe: ProcessRecipe,
        port: socket.socket,
    ) -> None:
        self.process = process
        self.endpoint: Endpoint = launch.endpoint
        self.provenance = launch.provenance
        self.home = home
        self._stop_signal = launch.stop_signal
        self._recipe = recipe
        self._port = port
        self._stopped = False
        self._lock = threading.Lock()
        self._last_log = ""

    def exit_state(self) -> str | None:
        """Return how the process ended, or None while it runs."""
        code = self.process.poll()
        if code is None:
            return None
        return f"exit code {code}" if code >= 0 else f"killed by {signal_name(-code)}"

    def log(self) -> str:
        """Return what the server has logged; after its removal, what it had logged until then."""
        try:
            self._last_log = (self.home / LOG_NAME).read_text(encoding="utf-8", errors="replace")
        except OSError:
            pass  # the directory is gone: the last reading stands
        return self._last_log

    def likely_cause(self) -> str | None:
        """Return the likely cause of its end, read from its log."""
        return self._recipe.likely_cause(self.log())

    def stop(self) -> None:
        """Stop the process at once and remove its directory. Safe to call twice."""
        with interrupts_held():
            with self._lock:
                if self._stopped:
                    return
                self._stopped = True
            cleanups = Cleanups(self.provenance)
            cleanups.push(lambda: directories.remove(self.home))
            cleanups.push(lambda: self._recipe.sweep(self.home))
            cleanups.push(self.log)
            cleanups.push(self._port.close)
            cleanups.push(self._end_process)
            cleanups.close()

    def _end_process(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(self._stop_signal)
            try:
                self.process.wait(STOP_TIMEOUT)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process.wait()


def signal_name(number: int) -> str:
    """Return the name of a signal, such as SIGKILL; real-time ones have numbers only."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


class Embedded:
    """The provider of servers that run as processes of this machine."""

    name = "embedded"
    patience = None

    def refusal(self, recipe: Recipe, settings: Settings) -> str | None:
        """Return why no server can be started here, or None."""
        return as_process(recipe).refusal(settings)

    def describe(self, recipe: Recipe, settings: Settings) -> str:
        """Return which server would be started."""
        return as_process(recipe).describe(settings)

    def start(self, recipe: Recipe, settings: Settings) -> LocalServer:
        """Start a server in a new directory, on a free port of the loopback interface.

        Raises:
            StartError: It could not be prepared or started; nothing is left behind.
        """
        process = as_process(recipe)
        home = directories.make_home(settings)
        cleanups = Cleanups(f"a failed start in {home}")
        cleanups.push(lambda: directories.remove(home))
        try:
            port = reserve_port()
            cleanups.push(port.close)
            launch = process.prepare(home, port.getsockname()[1], settings)
            return LocalServer(spawn(launch, home), launch, home, process, port)
        except OSError as error:
            cleanups.close()
            raise directories.no_room(home.parent, error) from error
        except BaseException:
            cleanups.close()
            raise


def as_process(recipe: Recipe) -> ProcessRecipe:
    """Return the recipe as the only kind that this provider is given."""
    assert not isinstance(recipe, UrlRecipe | ContainerRecipe)
    return recipe


def reserve_port() -> socket.socket:
    """Bind a free port of the loopback interface and keep it, without listening.

    A server that sets `SO_REUSEADDR`, as Postgres does, may bind and listen on it all the same;
    nobody else is given it meanwhile.
    """
    holder = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind(("127.0.0.1", 0))
    return holder


def spawn(launch: Launch, home: Path) -> subprocess.Popen[bytes]:
    """Start the server's process, out of reach of the terminal's Ctrl-C."""
    with open(home / LOG_NAME, "ab") as log:  # opened by us: the server's user need not be able to
        return subprocess.Popen(
            launch.command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=home,
            env=dict(launch.environment),
            user=launch.account.user,
            group=group_of(launch.account.user),
            extra_groups=None if launch.account.user is None else [],
            start_new_session=True,
        )


def clean_environment(**values: str) -> dict[str, str]:
    """Return the little environment that a server of ours gets, with `values` added.

    A user's `PG*` or `LD_PRELOAD` must not change the server under test.
    """
    kept = ("PATH", "TZ", "LD_LIBRARY_PATH", "SYSTEMROOT", "TMPDIR")
    return {name: os.environ[name] for name in kept if name in os.environ} | {
        "LC_ALL": "C",
        **values,
    }


PROVIDER = Embedded()
