"""Waiting until a condition holds, without a test framework."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

from harness.core.tries import WITHIN, Terms, nothing, retry

__unittest = True  # frames of this module are left out of a failure's traceback

T = TypeVar("T")


def eventually(
    probe: Callable[[], T],
    *,
    within: float = WITHIN,
    every: float | None = None,
    through: tuple[type[Exception], ...] = (),
    watch: Callable[[], object] = nothing,
    failure: Callable[[str], BaseException] = AssertionError,
) -> T:
    """Call `probe` until it holds: until it neither raises nor returns what is false.

    None counts as success, since a probe that is made of assertions returns it. The pauses between
    the tries grow with the time waited, so that what holds soon is seen soon; there is always one
    try at the end of the time.

    Args:
        probe: What is tried. It ought to look once and return at once.
        within: Seconds to wait at most.
        every: The longest pause between two tries, in seconds; 0.1 if not given.
        through: Exceptions that end the waiting at once, such as `unittest.SkipTest`.
        watch: Called between tries; what it raises ends the waiting, too.
        failure: Makes the exception to raise in the end, from its message.

    Returns:
        What the probe returned last.

    Raises:
        AssertionError: It did not hold in time; tells and is raised from the last failure.
        ConfigurationError: An argument cannot be used.

    Example:
        >>> letters = iter(["", "", "hello"])
        >>> eventually(lambda: next(letters), within=5)
        'hello'
    """
    terms = Terms(within, every, through=through, watch=watch, failure=failure)
    return cast(T, retry(probe, terms))
