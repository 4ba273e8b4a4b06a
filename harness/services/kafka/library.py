"""Finding the librdkafka that confluent-kafka brings, and whether it has the mock cluster."""

from __future__ import annotations

import ctypes
import functools
import glob
import importlib.util
from importlib import metadata
from pathlib import Path

PACKAGE = "confluent_kafka"
INSTALL = 'pip install "unittest-harness[kafka]"'
NEWEST_NEED = "2.15 or later"  # the first whose mock cluster can delete a topic
PLACES = ("../{package}.libs/librdkafka*", ".dylibs/librdkafka*", "librdkafka*")
NEEDED = (
    "rd_kafka_mock_cluster_new",
    "rd_kafka_mock_cluster_bootstraps",
    "rd_kafka_mock_topic_create",
    "rd_kafka_mock_topic_delete",
    "rd_kafka_mock_group_initial_rebalance_delay_ms",
)


@functools.cache
def library() -> Path | str:
    """Return the library that has the mock cluster, or why none does."""
    spec = importlib.util.find_spec(PACKAGE)
    homes = list(spec.submodule_search_locations or ()) if spec else []
    if not homes:
        return f"confluent-kafka, whose library has a mock cluster, is not installed: {INSTALL}"
    found = [path for home in homes for path in libraries_beside(home)]
    if not found:
        return "confluent-kafka was built against the system's librdkafka: install its wheel"
    missing = lacking(found[0])
    if missing is not None:
        return f"librdkafka of confluent-kafka {version()} lacks {missing}: install {NEWEST_NEED}"
    return found[0]


def libraries_beside(home: str) -> list[Path]:
    """Return the libraries that a wheel carries, which lie where its platform has them."""
    patterns = [f"{glob.escape(home)}/{place.format(package=PACKAGE)}" for place in PLACES]
    return [Path(path).resolve() for pattern in patterns for path in sorted(glob.glob(pattern))]


def lacking(path: Path) -> str | None:
    """Return the first symbol that a library lacks, or None: its makers call them experimental."""
    try:
        loaded = ctypes.CDLL(str(path))
    except OSError as error:
        return f"what it needs itself: {error}"
    return next((name for name in NEEDED if not hasattr(loaded, name)), None)


def version() -> str:
    """Return the version of the client, which the library's goes with."""
    return metadata.version("confluent-kafka")
