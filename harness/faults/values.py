"""The faults by name, as values that do nothing by themselves."""

from __future__ import annotations

from harness.faults.faults import Fault, Faults


def itself(fault: Fault) -> Fault:
    """Return a fault."""
    return fault


_faults: Faults[Fault] = Faults(itself)

latency = _faults.latency
bandwidth = _faults.bandwidth
slow_close = _faults.slow_close
timeout = _faults.timeout
reset_peer = _faults.reset_peer
slicer = _faults.slicer
limit_data = _faults.limit_data
down = _faults.down
