"""Services that start in milliseconds: a program of a few lines, alone or in a container.

The server says its instance to whoever connects. It has a child in a session of its own, as
PostgreSQL has, which outlives a kill of its parent.
"""

from __future__ import annotations

import signal
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from harness.core.endpoint import Endpoint
from harness.core.instance import Instance, Running
from harness.core.recipe import Account, ContainerRecipe, Launch, Recipe
from harness.core.service import Service
from harness.core.settings import Settings
from harness.providers.embedded import clean_environment

# Arguments: port, and a file that one server of this name alone may lock as long as it lives.
SERVER = """
import fcntl, os, signal, socket, sys, time
port, alone = int(sys.argv[1]), sys.argv[2]
lock = open(alone + ".lock", "a")
try:
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
except OSError:
    open(alone + ".twice", "a").write(f"{os.getpid()} while another one lives\\n")
if os.fork() == 0:
    os.setsid()
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    time.sleep(3600)
signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
server = socket.socket()
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(("127.0.0.1", port))
server.listen(64)
print("listening", flush=True)
while True:
    connection, _ = server.accept()
    connection.sendall(os.environ["HARNESS_INSTANCE"].encode())
    connection.close()
"""

PORT = 7777
# Answers with its own name, or, where it has a peer, with what that says.
CONTAINER_SERVER = """
use IO::Socket::INET;
$SIG{TERM} = sub { exit 0 };
my $server = IO::Socket::INET->new(LocalPort => 7777, Listen => 64, ReuseAddr => 1) or die $!;
while (my $connection = $server->accept) {
    my $word = $ENV{NAME};
    if ($ENV{PEER}) {
        my $peer = IO::Socket::INET->new(PeerAddr => "$ENV{PEER}:7777", Timeout => 5);
        $word = $peer ? <$peer> : "no peer";
    }
    print $connection $word;
    close $connection;
}
"""


@dataclass(frozen=True, repr=False)
class TinyProcess(Service["Lease"]):
    """A program of this machine.

    Args:
        name: Keeps two apart.
        alone: File that tells whether two of them ever lived at once.
    """

    kind: ClassVar[str] = "tiny"

    name: str = "tiny"
    alone: str = "/dev/null"

    def recipe(self, provider: str) -> Recipe | str:
        if provider != "embedded":
            return "a tiny process is a process"
        return TinyRecipe(self.alone)

    def instance_key(self) -> tuple[object, ...]:
        return (self.name, self.alone)

    def probe(self, running: Running, timeout: float) -> None:
        ask(running.endpoint, timeout)

    def open(self, provider: str, running: Running, settings: Settings) -> Instance[Any]:
        return Instance(self.kind, provider, running)


@dataclass(frozen=True)
class TinyRecipe:
    """How a tiny server is run."""

    alone: str

    def refusal(self, settings: Settings) -> str | None:
        return None

    def describe(self, settings: Settings) -> str:
        return "tiny server"

    def prepare(self, home: Path, port: int, settings: Settings) -> Launch:
        program = home / "server.py"
        program.write_text(SERVER, encoding="utf-8")
        return Launch(
            command=(sys.executable, "-I", "-S", str(program), str(port), self.alone),
            endpoint=Endpoint("127.0.0.1", port),
            provenance="tiny server",
            account=Account(),
            stop_signal=signal.SIGTERM,
            environment=clean_environment(),
        )

    def likely_cause(self, log: str) -> str | None:
        return None


@dataclass(frozen=True, repr=False)
class TinyContainer(Service["Lease"]):
    """The same in a container, from the image that the tests have anyway.

    Args:
        name: Its name on the network, too.
        peer: Alias of one that it asks whenever it is asked.
    """

    kind: ClassVar[str] = "tinybox"

    name: str = "tiny"
    peer: str = ""

    @property
    def networked(self) -> bool:
        return True

    @property
    def alias(self) -> str:
        return self.name

    def recipe(self, provider: str) -> Recipe | str:
        if provider != "docker":
            return "a tiny container is a container"
        return ContainerRecipe(
            image="postgres",
            port=PORT,
            endpoint=Endpoint("", 0),
            environment={"NAME": self.name, "PEER": self.peer},
            command=("perl", "-e", CONTAINER_SERVER),
        )

    def instance_key(self) -> tuple[object, ...]:
        return (self.name, self.peer)

    def probe(self, running: Running, timeout: float) -> None:
        if ask(running.endpoint, timeout) == "":
            raise ConnectionError("docker's proxy listens, and nobody behind it")

    def open(self, provider: str, running: Running, settings: Settings) -> Instance[Any]:
        return Instance(self.kind, provider, running)


def ask(endpoint: Endpoint, timeout: float = 5.0) -> str:
    """Return what a tiny server says."""
    with socket.create_connection((endpoint.host, endpoint.port), timeout) as connection:
        answer = b""
        while block := connection.recv(64):
            answer += block
        return answer.decode()
