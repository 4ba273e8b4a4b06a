"""What a broker needs and is made once for a machine: formatted storage, and an archive of classes.

Of the classes that Java loads for a broker it can keep an archive, with which it starts in half
the time. It is written when a Java ends that was told to, so a broker is run once for it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path

from harness.core import realtime as time
from harness.core.causes import likely_cause
from harness.core.settings import Settings
from harness.errors import StartError
from harness.providers.directories import beside, cache_directory
from harness.providers.embedded import LOOPBACK, clean_environment, reserve_port
from harness.services.kafka.causes import CAUSES
from harness.services.kafka.configuration import CLUSTER, as_properties, on_this_machine
from harness.services.kafka.distribution import Distribution

LAYOUT = "1"  # raise it when what is made changes
ARCHIVE = "classes.jsa"
STORAGE = "storage"
FORMAT_TIMEOUT = 60.0  # seconds
TRAINING_TIMEOUT = 60.0  # seconds
LAST_LINES = 15

JAVA = (
    "-Xms64m",
    "-Xmx256m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",  # quick to compile: no broker here lives long enough for more
    "-XX:-UsePerfData",
    "-Xlog:disable",  # what it thinks of the archive
    "-Djava.awt.headless=true",
    "-Dlog4j2.level=WARN",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
)


def java(distribution: Distribution, *options: str) -> list[str]:
    """Return the command line of Java with the jars of Kafka; the class is to be appended."""
    return [str(distribution.java), *JAVA, *options, "-cp", f"{distribution.jars}/*"]


def prepared(distribution: Distribution, settings: Settings) -> Path:
    """Return the directory with the storage and, where Java could write one, the archive.

    Raises:
        StartError: The storage cannot be formatted.
        OSError: The cache cannot be written.
    """
    place = cache_directory(settings) / f"kafka-{fingerprint(distribution)}"
    if not place.is_dir():
        place.parent.mkdir(parents=True, exist_ok=True)
        with beside(place) as work:
            format_storage(distribution, work)
            train(distribution, work)
            keep(work, place)
    return place


def fingerprint(distribution: Distribution) -> str:
    """Return what tells distributions apart, and one from itself after an update."""
    jars = sorted(distribution.jars.glob("*.jar"))
    stats = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in jars]
    parts = (LAYOUT, JAVA, str(distribution), str(distribution.java), stats)
    return hashlib.blake2b(repr(parts).encode(), digest_size=8).hexdigest()


def keep(work: Path, place: Path) -> None:
    """Let others use what was made, unless they have made it meanwhile."""
    made = work / "made"
    made.mkdir()
    for name in (STORAGE, ARCHIVE):
        if (work / name).exists():
            (work / name).rename(made / name)
    try:
        made.rename(place)
    except OSError:
        if not place.is_dir():
            raise


def format_storage(distribution: Distribution, work: Path) -> None:
    """Make the directory of a broker that has no data yet.

    Raises:
        StartError: Kafka's own tool failed; with what it said.
    """
    file = write_properties(work, 1, 2, work / STORAGE, ())
    tool = ("kafka.tools.StorageTool", "format", "-t", CLUSTER, "-c", str(file))
    result = subprocess.run(
        [*java(distribution), *tool],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=clean_environment(),
        timeout=FORMAT_TIMEOUT,
    )
    if result.returncode != 0:
        raise StartError(
            f"the storage of {distribution} could not be formatted: exit code {result.returncode}",
            cause=likely_cause(result.stdout, CAUSES),
            hint="read what it said above; KAFKA_HOME has to be a whole distribution",
            detail="\n".join(result.stdout.splitlines()[-LAST_LINES:]),
        )


def write_properties(
    home: Path, port: int, controller: int, data: Path, settings: Sequence[tuple[str, str]]
) -> Path:
    """Write the settings of a broker into a directory; return the file."""
    file = home / "server.properties"
    text = as_properties(on_this_machine(port, controller, str(data), settings))
    file.write_text(text, encoding="utf-8")
    return file


def free_ports(count: int) -> list[int]:
    """Return ports that are free now."""
    holders = [reserve_port() for _ in range(count)]
    try:
        return [int(holder.getsockname()[1]) for holder in holders]
    finally:
        for holder in holders:
            holder.close()


def train(distribution: Distribution, work: Path) -> None:
    """Run a broker once, which writes the archive as it ends. Without one all only takes longer."""
    data, (port, controller) = work / "trained", free_ports(2)
    shutil.copytree(work / STORAGE, data)
    file = write_properties(work, port, controller, data, ())
    option = f"-XX:ArchiveClassesAtExit={work / ARCHIVE}"
    command = [*java(distribution, option), "kafka.Kafka", str(file)]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(
        command, stdin=quiet, stdout=quiet, stderr=quiet, env=clean_environment()
    ) as broker:
        try:
            if answers(broker, port):
                broker.send_signal(signal.SIGTERM)
                broker.wait(TRAINING_TIMEOUT)
        except subprocess.TimeoutExpired:
            pass
        finally:
            broker.kill()


def answers(broker: subprocess.Popen[bytes], port: int) -> bool:
    """Wait until a broker listens; False if it ends before, or takes too long."""
    deadline = time.monotonic() + TRAINING_TIMEOUT
    while broker.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection((LOOPBACK, port)).close()
        except OSError:
            time.sleep(0.02)
        else:
            return True
    return False


def options_for(place: Path) -> list[str]:
    """Return the option of Java that uses the archive, if there is one."""
    archive = place / ARCHIVE
    return [f"-XX:SharedArchiveFile={archive}"] if os.access(archive, os.R_OK) else []
