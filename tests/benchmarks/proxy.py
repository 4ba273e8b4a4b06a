"""Our fault proxy beside the Go server: what each adds, lets through and takes to start."""

from __future__ import annotations

import contextlib
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import pg8000.dbapi

from harness import Environment, Postgres
from harness.services.postgres.lease import PostgresLease
from tests.benchmarks.measure import Line, in_turns, microseconds, milliseconds, show, times
from tests.integration.toxiproxies import Server, connect, ours, real, real_server

Address: TypeAlias = tuple[str, int]

OURS, REAL, DIRECT = "ours", "Toxiproxy (Go)", "direct"
ROUNDS, TRIPS = 15, 400
BYTES = 100_000_000
DELAYS = (1, 5, 100)  # ms
STARTS = 7
SWEEPS = 5
MESSAGE = b"x" * 64
BLOCK = b"x" * 65536

# In a process of its own: in ours it would have to wait for us.
UPSTREAM = """
import socket, threading
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
def serve(line):
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    room = memoryview(bytearray(1 << 20))
    with line:
        while count := line.recv_into(room):
            if room[0] == 120:
                line.sendall(room[:count])
            else:
                for _ in range(int(bytes(room[:count]))):
                    line.sendall(room[:65536])
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
"""


def main() -> None:
    """Measure and print."""
    with upstream() as address, servers() as found:
        where = f"127.0.0.1:{address[1]}"
        places = {name: server.made(where, name="bench") for name, server in found.items()}
        round_trips({DIRECT: address, **places})
        throughput({DIRECT: address, **places})
        for delay in DELAYS:
            accuracy(found, places, delay)
    start_times()
    sweeps()


@contextmanager
def upstream() -> Iterator[Address]:
    """Run a server that sends back what it gets, or as much as it is told."""
    process = subprocess.Popen([sys.executable, "-c", UPSTREAM], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield "127.0.0.1", int(process.stdout.readline())
    finally:
        process.kill()
        process.communicate()


@contextmanager
def servers() -> Iterator[dict[str, Server]]:
    """Run our server, and the real one if it is there."""
    with contextlib.ExitStack() as stack:
        found = {name: make() for name, make in makers().items()}
        for server in found.values():
            stack.callback(server.close)
        yield found


def makers() -> dict[str, Callable[[], Server]]:
    """Return what starts each server that is there."""
    path = real_server()
    return {OURS: ours, **({REAL: lambda: real(path)} if path else {})}


def round_trips(places: Mapping[str, Address]) -> None:
    """Measure what each adds to a round trip of 64 bytes."""
    with contextlib.ExitStack() as stack:
        lines = {n: stack.enter_context(contextlib.closing(connect(a))) for n, a in places.items()}
        taken: dict[str, list[float]] = {name: [] for name in lines}
        for _ in range(ROUNDS):
            for name, line in lines.items():
                taken[name] += [round_trip(line) for _ in range(TRIPS)]
    for title, share in (("p50", 0.5), ("p99", 0.99)):
        at = {name: percentile(values, share) for name, values in taken.items()}
        show_added(f"Round trip of 64 bytes, {title} ({ROUNDS * TRIPS} each)", at)


def round_trip(line: socket.socket) -> float:
    """Return the seconds of one message and its answer."""
    begin = time.perf_counter()
    line.sendall(MESSAGE)
    left = len(MESSAGE)
    while left:
        left -= len(line.recv(left))
    return time.perf_counter() - begin


def percentile(values: list[float], share: float) -> float:
    """Return the value that a share of all are below."""
    return sorted(values)[int(len(values) * share)]


def show_added(title: str, at: Mapping[str, float]) -> None:
    """Print what each server adds to the direct way."""
    added = {name: value - at[DIRECT] for name, value in at.items() if name != DIRECT}
    aim = "aim <= x 0.67" if "p50" in title else ""
    lines = [Line(DIRECT, microseconds(at[DIRECT]))]
    for name, value in added.items():
        compared = times(value, added[REAL]) if REAL in added else ""
        lines.append(
            Line(f"{name} adds", microseconds(value), compared, aim if name == OURS else "")
        )
    show(title, lines)


def throughput(places: Mapping[str, Address]) -> None:
    """Measure how much each lets through."""

    def poured(address: Address) -> float:
        with contextlib.closing(connect(address)) as line:
            room = bytearray(1 << 20)
            blocks = BYTES // len(BLOCK)
            begin = time.perf_counter()
            line.sendall(str(blocks).encode())
            left = blocks * len(BLOCK)
            while left:
                left -= line.recv_into(room)
            return time.perf_counter() - begin

    taken = in_turns({name: lambda a=a: poured(a) for name, a in places.items()}, 5)  # type: ignore[misc]
    show(
        f"Throughput of {BYTES // 1_000_000} MB",
        [Line(name, f"{BYTES / t / 1e6:.0f} MB/s", of_real(taken, t)) for name, t in taken.items()],
    )


def of_real(taken: Mapping[str, float], value: float) -> str:
    """Write how many times as fast as the real server one is."""
    return f"x {taken[REAL] / value:.2f}" if REAL in taken else ""


def accuracy(found: Mapping[str, Server], places: Mapping[str, Address], delay: int) -> None:
    """Measure how much later than asked an answer comes under a latency."""
    errors: dict[str, list[float]] = {}
    count = 40 if delay < 50 else 15
    for name, server in found.items():
        with contextlib.closing(connect(places[name])) as line:
            plain = statistics.median(round_trip(line) for _ in range(100))
            server.add("latency", proxy="bench", latency=delay)
            values = [round_trip(line) - plain - delay / 1e3 for _ in range(count)]
            server.send("DELETE", "/proxies/bench/toxics/latency_downstream")
        errors[name] = values
    aim = {OURS: "aim <= 0.5 ms"}
    show(
        f"Latency of {delay} ms: how much longer, p50 / worst of {count}",
        [
            Line(name, milliseconds(statistics.median(v)), milliseconds(max(v)), aim.get(name, ""))
            for name, v in errors.items()
        ],
    )


def start_times() -> None:
    """Measure the time from nothing to an answer of the API."""

    def started(make: Callable[[], Server]) -> float:
        begin = time.perf_counter()
        server = make()
        server.send("GET", "/version")
        taken = time.perf_counter() - begin
        server.close()
        return taken

    taken = in_turns({n: lambda m=m: started(m) for n, m in makers().items()}, STARTS)  # type: ignore[misc]
    show("Start, to the first answer", [Line(n, milliseconds(t)) for n, t in taken.items()])


def sweeps() -> None:
    """Measure a sweep of a transaction of ten statements, beside as many runs without a sweep."""
    service = Postgres(migrations=make_table, isolation="commit", proxied=True)
    with Environment(providers="embedded") as environment, environment.lease(service) as lease:
        for unit in ("turn", "message"):
            runs = swept(lease, unit)
            taken = in_turns({unit: lambda u=unit: swept_in(lease, u)}, SWEEPS)[unit]  # type: ignore[misc]
            alone = in_turns({"": lambda: seconds_of(lambda: ten(lease.dsn))}, runs)[""] * runs
            aim = "aim <= 400 ms" if unit == "turn" else ""
            lines = [
                Line(f"{runs} runs of the action alone", milliseconds(alone)),
                Line("the sweep", milliseconds(taken), times(taken, alone), aim),
            ]
            show(f"Sweep of ten statements in a transaction, by {unit}", lines)


def make_table(db: Any) -> None:
    """Make the table that the action writes to."""
    db.execute("create table notes (id int primary key, number int not null)")
    db.execute("insert into notes values (1, 0)")


def ten(dsn: str) -> None:
    """Connect, write ten times, and commit."""
    parts = urlsplit(dsn)
    line = pg8000.dbapi.connect(
        parts.username,
        host=parts.hostname,
        port=parts.port,
        password=parts.password,
        database=parts.path[1:],
        ssl_context=False,
    )
    with contextlib.closing(line):
        cursor = line.cursor()
        for _ in range(10):
            cursor.execute("update notes set number = number + 1")
        line.commit()


def swept(lease: PostgresLease, unit: str) -> int:
    """Sweep the action, and return how many runs that took."""
    runs = 0
    for cut in lease.sweep(lambda: ten(lease.dsn), by=unit):
        with cut:
            runs += 1
    return runs


def swept_in(lease: PostgresLease, unit: str) -> float:
    """Return the seconds that a sweep takes."""
    return seconds_of(lambda: swept(lease, unit))


def seconds_of(action: Callable[[], object]) -> float:
    """Return the seconds that something takes."""
    begin = time.perf_counter()
    action()
    return time.perf_counter() - begin
