"""Finding a distribution of Kafka on this machine, and a Java that runs it."""

from __future__ import annotations

import functools
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.core.settings import Settings
from harness.core.versions import fits, is_older
from harness.providers.programs import said

HOME = "KAFKA_HOME"
JAR = re.compile(r"kafka_\d+\.\d+-(\d[\w.]*)\.jar")
OLDEST_JAVA = 17
OLDEST = "3.7"  # the first whose brokers need no ZooKeeper for anything


@dataclass(frozen=True)
class Distribution:
    """The jars of Kafka, and the Java that runs them.

    Attributes:
        jars: The directory of the jars.
        version: Kafka's version, such as `4.1.1`.
        java: The program.
        java_version: What it says of itself.
    """

    jars: Path
    version: str
    java: Path
    java_version: str

    def __str__(self) -> str:
        return f"Kafka {self.version} in {self.jars}, on {self.java_version}"


def choose(version: str | None, settings: Settings) -> Distribution | str:
    """Return the distribution that KAFKA_HOME names, or why it cannot be used.

    Args:
        version: What its version must begin with; None for any.
        settings: The settings, with the environment.
    """
    environ = settings.environ
    found = distribution(environ.get(HOME, ""), java_path(environ) or "")
    if isinstance(found, Distribution) and version is not None and not fits(found.version, version):
        return f"{found} is not Kafka {version}"
    return found


def java_path(environ: Mapping[str, str]) -> str | None:
    """Return the Java of JAVA_HOME, or the one on the PATH."""
    home = environ.get("JAVA_HOME")
    return str(Path(home, "bin", "java")) if home else shutil.which("java")


@functools.cache
def distribution(home: str, java: str) -> Distribution | str:
    """Return the distribution in a directory, or why it is none that can be used."""
    root = Path(home).expanduser()
    jars = root / "libs" if (root / "libs").is_dir() else root
    versions = [match[1] for path in jars.glob("*.jar") if (match := JAR.fullmatch(path.name))]
    if not versions:
        return f"{HOME}={home} holds no kafka_*.jar, nor does its directory libs"
    if is_older(versions[0], OLDEST):
        return f"Kafka {versions[0]} in {jars} is older than {OLDEST}"
    if not java:
        return f"there is no Java for Kafka {versions[0]}: install {OLDEST_JAVA} or later"
    said_by_java = (said(java, "--version") or "").partition("\n")[0]
    if java_number(said_by_java) < OLDEST_JAVA:
        name = said_by_java or "does not run"
        return f"Kafka {versions[0]} wants Java {OLDEST_JAVA} or later, and {java} is: {name}"
    return Distribution(jars, versions[0], Path(java), said_by_java)


def java_number(text: str) -> int:
    """Return the feature number of a Java, from the first line that it says of itself.

    Example:
        >>> java_number("openjdk 17.0.15 2025-04-15"), java_number("")
        (17, 0)
    """
    match = re.match(r"\w+ (\d+)", text)
    return int(match[1]) if match else 0
