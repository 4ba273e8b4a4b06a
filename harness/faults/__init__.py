"""Faults on connections: the client of a fault proxy, and a server of our own.

The faults by name are values, for what takes faults: `@toxics("db", latency(ms=50))`, and
`self.under(self.db, [latency(ms=50), down()])`.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.faults.decorator import toxics as toxics
    from harness.faults.faults import Fault as Fault
    from harness.faults.values import bandwidth as bandwidth
    from harness.faults.values import down as down
    from harness.faults.values import latency as latency
    from harness.faults.values import limit_data as limit_data
    from harness.faults.values import reset_peer as reset_peer
    from harness.faults.values import slicer as slicer
    from harness.faults.values import slow_close as slow_close
    from harness.faults.values import timeout as timeout

_HOMES = {
    "Fault": "harness.faults.faults",
    "bandwidth": "harness.faults.values",
    "down": "harness.faults.values",
    "latency": "harness.faults.values",
    "limit_data": "harness.faults.values",
    "reset_peer": "harness.faults.values",
    "slicer": "harness.faults.values",
    "slow_close": "harness.faults.values",
    "timeout": "harness.faults.values",
    "toxics": "harness.faults.decorator",
}

__all__ = [
    "Fault",
    "bandwidth",
    "down",
    "latency",
    "limit_data",
    "reset_peer",
    "slicer",
    "slow_close",
    "timeout",
    "toxics",
]


def __getattr__(name: str) -> object:  # the server's process needs none of them
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value
