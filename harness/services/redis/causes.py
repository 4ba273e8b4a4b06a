"""What the log of a Redis server says, and what it most likely means."""

from __future__ import annotations

CAUSES = (
    ("Address already in use", "another program took the port"),
    ("No space left on device", "the disk is full"),
    ("Bad directive or wrong number of arguments", "`settings=` names a setting that is unknown"),
    ("FATAL CONFIG FILE ERROR", "`settings=` holds a setting that the server does not take"),
    ("Out Of Memory", "the machine has no memory left"),
    ("Cannot allocate memory", "the machine has no memory left"),
    ("REDIS BUG REPORT", "the server crashed"),
    ("VALKEY BUG REPORT", "the server crashed"),
)
