"""A server process of ours, as every process that holds it sees it."""

from __future__ import annotations

import dataclasses
import os
import signal
import socket
from pathlib import Path
from typing import Any

from harness.core import realtime as time
from harness.core.cleanup import Cleanups
from harness.core.endpoint import Endpoint
from harness.core.recipe import Account, Launch, ProcessRecipe
from harness.core.redaction import Redaction
from harness.core.registry import files, processes
from harness.core.registry.claim import Claim
from harness.core.registry.processes_thing import exit_file, first_process
from harness.core.signals import signal_name
from harness.errors import StartError

LOG_NAME = "server.log"
EXIT_NOTED = 0.5  # seconds that our janitor may take to write down how a child ended


class LocalServer:
    """A server process of ours, with its directory.

    The janitor is its parent, so that it outlives the process that asked for it.

    Args:
        claim: Our place in the registry.
        launch: What was run.
        home: Its directory.
        recipe: What was asked for.
        fresh: Whether it was started for us.
        port: The socket that reserves its port.
    """

    inside: tuple[str, int] | None = None

    def __init__(
        self,
        claim: Claim,
        launch: Launch,
        home: Path,
        recipe: ProcessRecipe,
        fresh: bool,
        port: socket.socket | None = None,
    ) -> None:
        self.endpoint: Endpoint = launch.endpoint
        self.provenance = launch.provenance
        self.home = home
        self._log_file = home / LOG_NAME
        self.fresh = fresh
        self.identity = claim.instance
        self.secrets = launch.secrets
        self._claim = claim
        self._launch = launch
        self._recipe = recipe
        self._port = port
        self._life = claim.slot.life(claim.instance)
        self._last_log = ""
        self._stopped = False
        self._began = 0  # where in the log its present run begins
        self._look_up()

    def _look_up(self) -> None:
        self.pid, self._started = first_process(self._life)
        self._ended: str | None = None

    def exit_state(self) -> str | None:
        """Return how the process ended, or None while it runs."""
        if self._ended is None and not processes.is_alive(self.pid, self._started):
            self._ended = "stopped by us" if self._stopped else self._how_it_ended()
        return self._ended

    def _how_it_ended(self) -> str:
        deadline = time.monotonic() + EXIT_NOTED
        while (code := files.read(exit_file(self._life))) is None:
            if time.monotonic() > deadline:
                return "ended; its exit code is lost with the janitor, which was killed"
            time.sleep(processes.POLL)
        return f"exit code {code}" if code >= 0 else f"killed by {signal_name(-code)}"

    def log(self) -> str:
        """Return what the server has logged; after its removal, what it had logged until then."""
        try:
            self._last_log = self._log_file.read_text(encoding="utf-8", errors="replace")
        except OSError:
            pass  # the directory is gone: the last reading stands
        return self._last_log

    def log_mark(self) -> int:
        """Return the place that the log has reached: its size in bytes."""
        try:
            return os.stat(self._log_file).st_size
        except OSError:
            return 0

    def log_since(self, mark: object) -> str:
        """Return what the server has logged since a mark was taken."""
        assert mark is None or isinstance(mark, int)
        try:
            with open(self._log_file, "rb") as file:
                file.seek(mark or 0)
                return file.read().decode(errors="replace")
        except OSError:
            return self._last_log.encode()[mark:].decode(errors="replace")

    def output(self) -> str:
        """Return what it has printed since it was last started."""
        return self.log_since(self._began)

    def address(self, port: int | None = None) -> tuple[str, int]:
        """Return the host and port at which it is reached.

        Args:
            port: Another port of it than its main one.
        """
        return self.endpoint.host, port or self.endpoint.port

    def knock(self, port: int | None, timeout: float) -> None:
        """Return when something listens on a port.

        Raises:
            OSError: Nothing does yet.
        """
        host, number = self.address(port)
        try:
            socket.create_connection((host, number), timeout).close()
        except ConnectionRefusedError as error:
            raise ConnectionRefusedError(
                f"nothing listens on {host}:{number}; "
                "a program is told its port by {port} and PORT"
            ) from error

    def likely_cause(self) -> str | None:
        """Return the likely cause of its end, read from its log."""
        return self._recipe.likely_cause(self.log()) or self._forked_away()

    def _forked_away(self) -> str | None:
        if self._ended != "exit code 0" or not self._has_survivors():
            return None  # children of one that was killed may outlive it for a moment
        return "it went on in the background: have it stay in the foreground"

    def _has_survivors(self) -> bool:
        """Tell whether some of its processes run: by their lock, or by their mark."""
        return not processes.are_dead(self._life) or bool(
            processes.survivors(self._life, self.identity, 0, "")
        )

    def record(self) -> dict[str, Any]:
        """Return what another process needs to find it."""
        account = self._launch.account
        return {
            "home": str(self.home),
            "command": list(self._launch.command),
            "environment": dict(self._launch.environment),
            "provenance": self.provenance,
            "user": account.user,
            "stop": int(self._launch.stop_signal),
            "grace": self._launch.grace,
            "cwd": self._launch.cwd,
            "secrets": self.secrets,
        }

    def is_outlived(self) -> bool:
        """Tell whether others hold it, or it is kept for the next run."""
        return self._claim.is_outlived()

    def has_peers(self) -> bool:
        """Tell whether other processes use it now."""
        return self._claim.has_peers()

    def stop(self) -> None:
        """Give it up; the last one out ends it and removes its directory. Safe to call twice."""
        cleanups = Cleanups(self.provenance)
        if self._port is not None:
            cleanups.push(self._port.close)
        cleanups.push(self._claim.release)
        cleanups.push(self.log)
        self._stopped = True
        cleanups.close()

    def detach(self) -> None:
        """Do nothing: it has nothing beside its place in the registry."""

    def pause(self) -> None:
        """Stop all of its processes where they are."""
        self._signal_all(signal.SIGSTOP)

    def resume(self) -> None:
        """Let its processes go on."""
        self._signal_all(signal.SIGCONT)

    def _signal_all(self, number: int) -> None:
        for pid in processes.everything(self._life, self.identity):
            processes.send(pid, processes.start_time(pid), number)

    def kill(self) -> None:
        """Kill all of its processes at once."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        """End it if need be, and run it again with its directory as it is.

        Raises:
            StartError: It cannot be executed any more.
        """
        self._end(self._launch.stop_signal)
        self._began = self.log_mark()
        try:
            self._claim.respawn(self._launch, self._cwd, str(self._log_file))
        except OSError as error:
            raise not_executed(self._launch, error) from error
        self._look_up()

    @property
    def _cwd(self) -> str:
        return self._launch.cwd or str(self.home)

    def _end(self, number: int) -> None:
        processes.end(
            self._life, self.identity, self.pid, self._started, number, self._launch.grace
        )
        self.exit_state()


def attached(recipe: ProcessRecipe, claim: Claim) -> LocalServer:
    """Return a server that another process has started, from its record."""
    assert claim.record is not None
    record = claim.record
    launch = Launch(
        command=tuple(record["command"]),
        endpoint=endpoint_of(record),
        provenance=record["provenance"],
        account=Account(user=record["user"]),
        stop_signal=record["stop"],
        environment=record["environment"],
        grace=record["grace"],
        cwd=record["cwd"],
        secrets=tuple(record["secrets"]),
    )
    return LocalServer(claim, launch, Path(record["home"]), recipe, fresh=False)


def endpoint_of(record: dict[str, Any]) -> Endpoint:
    """Return the endpoint that a record holds."""
    fields = dict(record["endpoint"])
    fields["options"] = tuple((name, value) for name, value in fields["options"])
    known = {field.name for field in dataclasses.fields(Endpoint)}
    return Endpoint(**{name: value for name, value in fields.items() if name in known})


def not_executed(launch: Launch, error: OSError) -> StartError:
    """Return the error for a program that could not be executed."""
    if error.filename not in (None, launch.command[0]):
        return StartError(
            f"the working directory {error.filename} cannot be entered: {error.strerror or error}",
            cause="it is gone, or a directory above it is closed to the user of the server",
            hint="set HARNESS_DATA_DIR, or cwd=, to a directory that others may enter",
        )
    return StartError(
        f"{launch.command[0]} could not be executed: {error.strerror or error}",
        cause="it is not installed, not a program, or not for this user to run",
        hint=f"run it by hand: {Redaction(launch.secrets)(' '.join(launch.command[:3]))}",
    )
