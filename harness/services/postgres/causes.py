"""What PostgreSQL's log says, and what it most likely means."""

from __future__ import annotations

CAUSES = (
    ("Address already in use", "another program took the port"),
    ("No space left on device", "the disk is full"),
    (
        "is too long (maximum",
        "the path of the data is too long for a socket: set HARNESS_DATA_DIR to a shorter one",
    ),
    ("database files are incompatible", "the data directory is of another version"),
    ("Cannot allocate memory", "the machine has no memory left"),
    ("could not map anonymous shared memory", "the machine has no memory left"),
    ("unrecognized configuration parameter", "`settings=` names a setting the server has not"),
    ("invalid value for parameter", "`settings=` gives a setting a value it cannot have"),
    ("execution of the PostgreSQL server is not permitted", "the server refuses to run as root"),
)
