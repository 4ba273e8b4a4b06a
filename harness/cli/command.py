"""Running a command in our place: signals go to it, its exit code is ours."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from types import FrameType
from typing import Any

NOT_EXECUTABLE, NOT_FOUND = 126, 127  # exit codes, as shells have them
GRACE = 10.0  # seconds that a command is given to stop
STOPPING = ("SIGINT", "SIGTERM", "SIGHUP")


class Stoppable:
    """A block that ends in order when the process is asked to stop.

    Until a command runs, a signal ends the block as `SystemExit`; while one runs, it is passed on
    to the command, which is killed if it does not end in time; after it, none disturbs the
    clean-up. A Ctrl-C at the terminal reaches the command without us.

    Args:
        grace: Seconds that the command is given.
    """

    def __init__(self, grace: float = GRACE) -> None:
        self._grace = grace
        self._before: dict[int, Any] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._waiting: list[int] | None = None  # while the command is being started
        self._ending = 0  # the signal that ends the block
        self._over = False
        self._killer: threading.Timer | None = None

    def __enter__(self) -> Stoppable:
        for name in STOPPING:
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._arrived)
        return self

    def __exit__(self, *error: object) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)

    def run(self, command: Sequence[str], environment: Mapping[str, str]) -> int:
        """Run a command to its end; signals no longer end the block then.

        Returns:
            Its exit code, as a shell has it: 128 and the signal's number where one killed it.

        Raises:
            OSError: It cannot be executed.
        """
        try:
            return as_shells_do(self._start(command, environment).wait())
        finally:
            self.hold()

    def hold(self) -> None:
        """Let no signal disturb what follows: the clean-up."""
        self._over = True
        if self._killer is not None:
            self._killer.cancel()

    def _start(
        self, command: Sequence[str], environment: Mapping[str, str]
    ) -> subprocess.Popen[bytes]:
        waiting: list[int] = []
        self._waiting = waiting
        process = subprocess.Popen(command, env=dict(environment))
        self._process, self._waiting = process, None
        for number in waiting:
            self._pass_on(process, number)
        return process

    def _arrived(self, number: int, frame: FrameType | None) -> None:
        if self._over:
            return
        if self._waiting is not None:
            self._waiting.append(number)
        elif self._process is not None:
            self._pass_on(self._process, number)
        else:
            self._end(number)

    def _end(self, number: int) -> None:
        """End the block; as a Ctrl-C, which waits for what must not be half done."""
        self._ending = self._ending or number
        if number != signal.SIGINT and signal.SIGINT in self._before:
            signal.raise_signal(signal.SIGINT)
            return
        self._over = True
        raise SystemExit(128 + self._ending)

    def _pass_on(self, process: subprocess.Popen[bytes], number: int) -> None:
        if number == signal.SIGINT and is_typed():
            return
        process.send_signal(number)
        if number != signal.SIGINT and self._killer is None:
            self._killer = threading.Timer(self._grace, process.kill)
            self._killer.daemon = True
            self._killer.start()


def as_shells_do(code: int) -> int:
    """Return an exit code as a shell has it.

    Example:
        >>> as_shells_do(3), as_shells_do(-15)
        (3, 143)
    """
    return 128 - code if code < 0 else code


def is_typed() -> bool:
    """Tell whether a Ctrl-C that arrives was typed: then the command has got it, too."""
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)


def refusal(name: str) -> tuple[int, str] | None:
    """Return why a command cannot be run, after the exit code that shells have for it; or None."""
    if shutil.which(name) is not None:
        return None
    if os.sep in name and os.path.exists(name):
        return NOT_EXECUTABLE, f"{name} is not a program that may be executed"
    return NOT_FOUND, f"there is no command {name!r}"
