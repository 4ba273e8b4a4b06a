"""Processes in which trials take place, side by side."""

from __future__ import annotations

import math
import os
import selectors
import signal
import sys
import tempfile
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import suppress
from typing import IO

from harness.core import realtime as time
from harness.errors import ConfigurationError
from harness.runner.channel import Channel, Message, pair
from harness.runner.kinds import CRASHED
from harness.runner.ledger import UnitAccount
from harness.runner.processes import happens, how_ended, read_nothing, remember_ends
from harness.runner.selection import Selection
from harness.runner.stress.mark import Mark
from harness.runner.stress.stage import Stage
from harness.runner.stress.trial import Failure, Trial, Verdict

PATIENCE = 60.0  # seconds that a process has to end when it is told to, with its services
LINES = 10  # at the begin and at the end of what a process has printed
BLOCK = 1 << 14


class Lane:
    """A process in which one trial after another takes place, seen from the coordinator.

    Args:
        others: Those that there are, whose channels are not its business.
        selection: Which tests it loads.
        timeout: Seconds that a test may take.
    """

    def __init__(self, others: Iterable[Lane], selection: Selection, timeout: float | None) -> None:
        self.mark = Mark()
        self.verdict: Verdict | None = None
        self._output: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - as long as the lane
        sys.stdout.flush()
        sys.stderr.flush()
        self.channel, theirs = pair()
        self._status = 0  # what `wait` says of its end
        self._pid = os.fork()
        if not self._pid:
            for lane in (self, *others):
                lane.channel.close()
            self._serve(theirs, selection, timeout)
        theirs.close()
        with suppress(OSError):  # it has done so itself, and may have gone on
            os.setpgid(self._pid, self._pid)

    def _serve(self, channel: Channel, selection: Selection, timeout: float | None) -> None:
        code = 1
        try:
            os.setpgid(0, 0)  # Ctrl-C is the coordinator's
            signal.signal(signal.SIGTERM, signal.SIG_DFL)  # as tests find it anywhere else
            read_nothing()
            Stage(channel, self.mark, self._output.fileno()).serve(selection, timeout)
            code = 0
        except BaseException:
            sys.excepthook(*sys.exc_info())
        finally:
            os._exit(code)

    def begin(self, trial: Trial) -> None:
        """Have a trial take place."""
        self.verdict = Verdict(trial)
        self.mark.clear()
        runs = [list(run) for run in trial.runs]
        self.channel.send(do="trial", runs=runs, stops=trial.stops, pressed=trial.pressed)

    def take(self, message: Message) -> Verdict | None:
        """Take note of what is told; return what came of the trial if it is over."""
        verdict = self.verdict
        assert verdict is not None
        if message["event"] == "failed":
            verdict.failures.append(Failure(message["at"], message["kind"], message["text"]))
        elif message["event"] == "skipped":
            verdict.skipped[message["at"]] = message["text"]
        elif message["event"] == "over":
            return self.over(message["how"])
        return None

    def over(self, status: int) -> Verdict:
        """Return what came of a trial whose process has ended, by what `wait` says of that."""
        verdict, self.verdict = self.verdict, None
        assert verdict is not None
        verdict.begun = self.mark.begun
        if how := how_ended(status) or ("" if self.mark.done else "exit code 0"):
            at = max(0, verdict.begun - 1)
            verdict.failures.append(Failure(at, CRASHED, f"its process ended: {how}"))
        if verdict.failures:
            verdict.output = self.printed()
        return verdict

    def printed(self) -> str:
        """Return the last lines of what was printed."""
        number = self._output.fileno()
        size = os.fstat(number).st_size
        lines = os.pread(number, BLOCK, max(0, size - BLOCK)).decode(errors="replace").splitlines()
        told = [line for line in lines if not line.startswith("harness: ")]
        hidden = len(told) - 2 * LINES
        if hidden <= 0:
            return "\n".join(told)
        return "\n".join([*told[:LINES], f"... ({hidden} more lines)", *told[-LINES:]])

    def end(self) -> int:
        """Wait for its end, and return what `wait` says of it."""
        self.channel.close()
        if not happens(self._ended, PATIENCE):
            self.signal(signal.SIGKILL)
            happens(self._ended, math.inf)
        return self._status

    def _ended(self) -> bool:
        pid, self._status = os.waitpid(self._pid, os.WNOHANG)
        return pid != 0

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to its process, and to the copy in which a trial takes place."""
        with suppress(ProcessLookupError):
            os.killpg(self._pid, number)


class Pool:
    """Lanes, all of which have loaded the same tests.

    Args:
        count: How many.
        selection: Which tests.
        say: Is told of a process that had to be replaced.
        timeout: Seconds that a test, or the fixtures between two, may take; None for ever.

    Attributes:
        units: Each unit with its tests; one that is a `whole` can only be run so, and once.
        broken: What could not be loaded, and why.

    Raises:
        ConfigurationError: The tests cannot be loaded.
    """

    def __init__(
        self,
        count: int,
        selection: Selection,
        say: Callable[[str], object],
        timeout: float | None = None,
    ) -> None:
        self.units: list[UnitAccount] = []
        self.broken: dict[str, str] = {}
        remember_ends()
        self._selection, self._say, self._timeout = selection, say, timeout
        self._selector = selectors.DefaultSelector()
        self._lanes: list[Lane] = []
        self._count = count
        for _ in range(count):
            self._hire()

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()
        for lane in self._lanes:
            if lane.verdict is not None:
                lane.signal(signal.SIGINT)
        for lane in list(self._lanes):
            self._dismiss(lane)
        self._selector.close()

    def _hire(self) -> Lane:
        lane = Lane(self._lanes, self._selection, self._timeout)
        self._lanes.append(lane)
        self._selector.register(lane.channel, selectors.EVENT_READ, lane)
        messages = lane.channel.receive()
        while messages is not None and not messages:
            messages = lane.channel.receive()
        if messages is None:
            raise ConfigurationError(
                "the tests cannot be loaded", detail=lane.printed(), hint="harness run shows more"
            )
        if messages[0]["event"] == "refused":
            raise ConfigurationError(messages[0]["why"])
        units = messages[0]["units"]
        self.units = [UnitAccount(key, tuple(names), facts) for key, names, facts in units]
        self.broken = messages[0]["broken"]
        return lane

    def _dismiss(self, lane: Lane) -> int:
        self._lanes.remove(lane)
        self._selector.unregister(lane.channel)
        return lane.end()

    def hold(self, tests: Iterable[str]) -> None:
        """Have the services of tests run until the end: they would end with each trial."""
        self._lanes[0].channel.send(do="hold", tests=list(tests))

    def run(
        self, trials: Iterable[Trial], *, deadline: float | None = None
    ) -> Generator[Verdict, None, None]:
        """Have trials take place, and yield what comes of each as soon as it is known.

        Args:
            trials: Taken from when a process has nothing to do. Those that are under way when
                nobody asks any more are ended.
            deadline: When to end them, by `monotonic`.
        """
        waiting = iter(trials)
        try:
            while self._feed(waiting, deadline):
                yield from self._hear(deadline)
        except KeyboardInterrupt:
            raise  # in the middle of anything: it is not known who has something to tell
        except GeneratorExit:
            self._drain()

    def _feed(self, trials: Iterator[Trial], deadline: float | None) -> bool:
        """Give trials to who has none; return whether any is under way."""
        over = deadline is not None and time.monotonic() >= deadline
        while not over and len(self._busy()) < self._count:
            trial = next(trials, None)
            if trial is None:
                break
            self._begin(trial)
        return bool(self._busy())

    def _begin(self, trial: Trial) -> None:
        """Have a trial take place, by somebody new where one that was free has ended."""
        lane = self._free()
        try:
            lane.begin(trial)
        except OSError:
            how = how_ended(self._dismiss(lane)) or "exit code 0"
            self._say(f"a process ended before a run, and is replaced: {how}\n{lane.printed()}")
            self._hire().begin(trial)

    def _busy(self) -> list[Lane]:
        return [lane for lane in self._lanes if lane.verdict is not None]

    def _free(self) -> Lane:
        free = (lane for lane in self._lanes if lane.verdict is None)
        return next(free, None) or self._hire()

    def _hear(self, deadline: float | None) -> list[Verdict]:
        rest = None if deadline is None else max(0.0, deadline - time.monotonic())
        ready = self._selector.select(rest)
        if rest is not None and not ready:
            self._stop()
            ready = self._selector.select()
        found: list[Verdict | None] = []
        for key, _ in ready:
            messages = key.data.channel.receive()
            if messages is None:
                found.append(self._bury(key.data))
            else:
                found += [key.data.take(message) for message in messages]
        return [verdict for verdict in found if verdict is not None]

    def _bury(self, lane: Lane) -> Verdict | None:
        status = self._dismiss(lane)
        return None if lane.verdict is None else lane.over(status)

    def _stop(self) -> None:
        for lane in self._lanes:
            lane.mark.stopped = True

    def _drain(self) -> None:
        """Have what is under way come to its end."""
        self._stop()
        while self._busy():
            self._hear(None)
