"""A process that runs tests, as the Dask worker above it sees it."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import tempfile
import threading
from base64 import b85encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from harness.core import realtime as time
from harness.core.registry.locks import Lock
from harness.runner.channel import Channel, Message, pair
from harness.runner.cluster import kept
from harness.runner.cluster.relay import Relay
from harness.runner.processes import happens, how_it_was

LOOK = 0.02  # seconds between two looks at what the process has written down
PATIENCE = 60.0  # seconds in which what was interrupted has to come to its end
NOTED = 1.0  # seconds in which the coordinator will mostly have noted an end
LONGEST_STACKS = 1 << 17  # bytes

# The kernel ends the process with the thread that has started it. A Dask worker's own threads may
# end at any time; the one of this pool lives as long as the Dask worker.
spawner = ThreadPoolExecutor(1, thread_name_prefix="harness")


class Slot:
    """A process that runs tests, kept for one piece of work after the other.

    Args:
        request: What the coordinator wants: see `station`.
        relay: Tells the coordinator.
        wanted: Tells whether the coordinator is still there, and has not given this process up.

    Raises:
        OSError: It cannot be started: there is no such directory, or no memory.
    """

    def __init__(self, request: dict[str, Any], relay: Relay, wanted: Callable[[], bool]) -> None:
        self._relay = relay
        self._wanted = wanted
        self._interrupted: float | None = None
        self._path = kept.make()
        self._reading = Lock(self._path)
        self._reading.try_exclusive()
        self._slate = kept.slate_of(self._path)
        self._stacks = tempfile.TemporaryFile()  # noqa: SIM115 - until the end of the process
        self._channel, theirs = pair()
        try:
            self._process = spawner.submit(self._spawn, request, theirs).result()
        except OSError:
            self._tidy()
            raise
        finally:
            theirs.close()
        self.busy = threading.Lock()
        self.ended = False  # whether the process has
        self.tidy = False  # whether nothing is left of it
        self._relay.began(self._path, self._process.pid)
        self._channel.send(options=b85encode(request["options"]).decode())

    def _spawn(self, request: dict[str, Any], theirs: Channel) -> subprocess.Popen[bytes]:
        command = [sys.executable, *request["interpreter"], "-m", "harness.runner.cluster.process"]
        passed = [theirs.fileno(), self._stacks.fileno()]
        command += [*map(str, passed), self._path, str(os.getpid())]
        return subprocess.Popen(
            command,
            cwd=request["directory"],
            env={**os.environ, **request["environ"]},
            stdin=subprocess.DEVNULL,
            pass_fds=passed,
            process_group=0,
        )

    def converse(self, message: Message | None) -> None:
        """Pass a message on, and relay what comes of it: to the answer, or to the process's end."""
        with self.busy:
            if message is not None and not self.ended:
                self._send(message)
            while not self.ended and not self._answered(LOOK):
                pass

    def look(self) -> None:
        """See to it while it is idle: end it, if nobody wants it any more, and tidy up after it."""
        if self.busy.acquire(blocking=False):
            try:
                if not self.ended and self._wanted():
                    self._answered(0)
                elif not self.ended:
                    self._interrupted = time.monotonic()  # it ends by itself: nothing runs in it
                    self._end()
                if not self.tidy and not self._wanted():
                    self._tidy()
            finally:
                self.busy.release()

    def kill(self) -> None:
        """Have it end at once."""
        self._process.kill()

    def _send(self, message: Message) -> None:
        try:
            self._channel.send(**message)
        except OSError:
            pass  # it has died, which is heard

    def _answered(self, patience: float) -> bool:
        """Relay what there is within so many seconds; tell whether it has answered."""
        self._mind()
        dead = self._process.poll() is not None
        messages = self._channel.receive() if heard(self._channel, 0 if dead else patience) else []
        self._relay.written(self._slate.read())
        said = [each for each in messages or () if each["event"] != "full"]
        if messages and len(said) < len(messages):
            self._send({"do": "go on"})
        if said:
            self._relay.said(said)
        elif dead or messages is None:
            self._end()
        return bool(said)

    def _mind(self) -> None:
        """Interrupt what it does once nobody wants it any more, as Ctrl-C does; then kill it."""
        if self._interrupted is None:
            if not self._wanted():
                self._interrupted = time.monotonic()
                self._slate.halt()
                self._process.send_signal(signal.SIGINT)
        elif time.monotonic() - self._interrupted > PATIENCE:
            self._process.kill()

    def _end(self) -> None:
        """See it to its end, and tell how that was."""
        self._channel.close()
        while self._process.poll() is None:
            self._mind()
            time.sleep(LOOK)
            self._relay.written(self._slate.read())
        self._relay.written(self._slate.read())
        self._stacks.seek(0)
        stacks = self._stacks.read(LONGEST_STACKS).decode(errors="replace")
        self.ended = True
        self._relay.ended(how_it_was(self._process.returncode), stacks)
        happens(lambda: not self._wanted(), NOTED)

    def _tidy(self) -> None:
        """Remove what it has written: the coordinator knows it, or is gone."""
        self.tidy = True
        self._slate.close()
        self._stacks.close()
        kept.remove(self._path)
        self._reading.close()


def heard(channel: Channel, seconds: float) -> bool:
    """Wait for something to be received; tell whether there is."""
    poll = select.poll()
    poll.register(channel.fileno(), select.POLLIN)
    return bool(poll.poll(seconds * 1000))
