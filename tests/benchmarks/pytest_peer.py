"""pytest-postgresql, in an environment of its own: run beside us, never imported by us."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

from harness.core.endpoint import Endpoint
from tests.benchmarks.peers import python_with

PACKAGES = ("pytest", "pytest-postgresql", "psycopg[binary]")
TESTS = 12
CONFTEST = """
import os, time, pathlib
from pytest_postgresql import factories

server = factories.postgresql_noproc(
    host=os.environ["PEER_HOST"], port=os.environ["PEER_PORT"], user=os.environ["PEER_USER"],
    password=os.environ["PEER_PASSWORD"], dbname=os.environ["PEER_NAME"],
    load=[pathlib.Path(os.environ["PEER_SCHEMA"])],
)
database = factories.postgresql("server")
ends = []

def pytest_runtest_logfinish(nodeid):
    ends.append(time.perf_counter())

def pytest_sessionfinish(session):
    print("\\nper test:", (ends[-1] - ends[0]) / (len(ends) - 1))
"""
TEST = """
import pytest

@pytest.mark.parametrize("number", range({count}))
def test(database, number):
    database.execute("insert into users (email) values (%s)", ["ada@example.com"])
    database.commit()
"""


def peer() -> Path | str:
    """Return the Python that has the peer, installed at the first use; else why there is none."""
    return python_with("pytest-postgresql", *PACKAGES)


def per_test(python: Path, endpoint: Endpoint, schema: Path, processes: int) -> list[float]:
    """Return the seconds that a test took, in each of several processes at once.

    Args:
        python: As `peer` returns it.
        endpoint: The server.
        schema: What to load into the databases.
        processes: How many.

    Raises:
        RuntimeError: The tests failed.
    """
    with tempfile.TemporaryDirectory() as directory:
        (Path(directory) / "conftest.py").write_text(CONFTEST)
        (Path(directory) / "test_peer.py").write_text(TEST.format(count=TESTS))
        running = [
            subprocess.Popen(
                [str(python), "-m", "pytest", "-q", "-s", "-p", "no:cacheprovider", directory],
                cwd=directory,
                env=environment(endpoint, schema, number),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            for number in range(processes)
        ]
        return [figure(process.communicate()[0]) for process in running]


def environment(endpoint: Endpoint, schema: Path, number: int) -> dict[str, str]:
    """Return the variables that tell one process of the server; a socket where there is one."""
    host = str(Path(endpoint.socket).parent) if endpoint.socket else endpoint.host
    return {
        **{name: text for name, text in os.environ.items() if not name.startswith("PYTHON")},
        "PEER_HOST": host,
        "PEER_PORT": str(endpoint.port),
        "PEER_USER": endpoint.user,
        "PEER_PASSWORD": endpoint.password,
        "PEER_NAME": f"peer_{os.getpid()}_{number}",
        "PEER_SCHEMA": str(schema),
    }


def figure(output: str) -> float:
    """Find the figure in what was printed."""
    for line in output.splitlines():
        if line.startswith("per test:"):
            return float(line.partition(":")[2])
    raise RuntimeError(f"pytest-postgresql: {output[-2000:]}")
