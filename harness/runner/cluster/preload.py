"""What Dask loads first in each Dask worker of a cluster of this machine alone."""

from __future__ import annotations

import signal


def dask_setup(worker: object) -> None:
    """Have it not hear of a Ctrl-C.

    That comes to all processes at the terminal, and is the coordinator's, who passes it on.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
