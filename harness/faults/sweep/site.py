"""What a sweep needs of the lease that it is a sweep of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from harness.faults.sweep.relay import Place
from harness.faults.sweep.run import NewConversation


@dataclass(frozen=True)
class Site:
    """What a sweep needs of the lease that it is a sweep of.

    Attributes:
        label: The service, as it was declared.
        conversation: Makes what reads its protocol; None where it is not a known one.
        passing: Gives up the places at which it is reached, and takes them back.
        keeping: Keeps its data, and gives what puts them back.
    """

    label: str
    conversation: NewConversation
    passing: Callable[[], AbstractContextManager[Sequence[Place]]]
    keeping: Callable[[], AbstractContextManager[Callable[[], object]]]
