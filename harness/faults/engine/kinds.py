"""The toxics that there are, by Toxiproxy's names, with their attributes."""

from __future__ import annotations

from harness.faults.engine import stages
from harness.faults.engine.stages import Stage

KINDS: dict[str, tuple[type[Stage], tuple[str, ...]]] = {
    "latency": (stages.Latency, ("latency", "jitter")),  # ms
    "bandwidth": (stages.Bandwidth, ("rate",)),  # 1000 bytes a second
    "slow_close": (stages.SlowClose, ("delay",)),  # ms
    "timeout": (stages.Timeout, ("timeout",)),  # ms
    "reset_peer": (stages.ResetPeer, ("timeout",)),  # ms
    "slicer": (stages.Slicer, ("average_size", "size_variation", "delay")),  # bytes, microseconds
    "limit_data": (stages.LimitData, ("bytes",)),
    "noop": (Stage, ()),
}
