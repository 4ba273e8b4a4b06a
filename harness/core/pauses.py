"""How long to pause between two looks at something that is waited for."""

from __future__ import annotations


def pause(waited: float, shortest: float, longest: float, share: float = 0.05) -> float:
    """Return the seconds to pause, which grow with the time waited: waking often costs others.

    Args:
        waited: Seconds waited so far.
        shortest: The first pause, in seconds.
        longest: The longest, in seconds; it counts where it is below `shortest`.
        share: Of the time waited so far: the most that a pause adds to it.

    Example:
        >>> pause(0, 0.002, 0.1), pause(1.0, 0.002, 0.1), pause(60.0, 0.002, 0.1)
        (0.002, 0.05, 0.1)
    """
    return min(max(waited * share, shortest), longest)
