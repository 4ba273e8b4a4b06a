"""The standard streams of a run, of which some may be closed."""

from __future__ import annotations

import os
import sys


def ensure() -> None:
    """Open what is closed of the standard streams: to nowhere.

    Else what is opened next would have the descriptor of the standard output, and a test that
    prints would write into the connection to the coordinator.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # the lowest that is free
    sys.stdout = sys.stdout or open(1, "w", closefd=False)  # noqa: SIM115 - to the end
    sys.stderr = sys.stderr or open(2, "w", closefd=False)  # noqa: SIM115
