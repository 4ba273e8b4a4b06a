"""How a run is to be."""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.runner.selection import Selection

DEFINED, SHUFFLE = ORDERS = ("defined", "shuffle")


@dataclass(frozen=True)
class Options:
    """How a run is to be.

    Attributes:
        selection: Which tests.
        workers: How many processes run them.
        buffer: Whether what a test prints is shown only if it fails.
        failfast: Whether to stop at the first failure.
        locals: Whether tracebacks show local variables.
        timeout: Seconds that one test may take; None for ever.
        seed: The one number from which all random choices follow.
        order: One of `ORDERS`.
        repeat: How many times all tests are run; None for ever, which `until_fail` ends.
        until_fail: Whether to end with the first failure, as `failfast`, and not to ask for more.
        rerun_failed: How many times a test that fails is run once more.
        time_limit: Seconds that the whole run may take; None for ever.
    """

    selection: Selection = field(default_factory=Selection)
    workers: int = 1
    buffer: bool = False
    failfast: bool = False
    locals: bool = False
    timeout: float | None = None
    seed: int = 0
    order: str = DEFINED
    repeat: int | None = 1
    until_fail: bool = False
    rerun_failed: int = 0
    time_limit: float | None = None
