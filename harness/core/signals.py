"""Names of signals, for people."""

from __future__ import annotations

import signal


def signal_name(number: int) -> str:
    """Return the name of a signal; real-time ones have numbers only.

    Example:
        >>> signal_name(9), signal_name(35)
        ('SIGKILL', 'signal 35')
    """
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
