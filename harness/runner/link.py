"""What connects a worker with the coordinator."""

from __future__ import annotations

from typing import NamedTuple

from harness.runner.channel import Channel
from harness.runner.slate import Slate

DEAF = 71  # exit code of a worker that cannot ask for more work
STDERR = 2  # the descriptor: a test may have put something else in the place of the stream


class Link(NamedTuple):
    """One end of it.

    Attributes:
        channel: For what is asked and answered.
        slate: For what the worker tells of tests.
        stacks: Descriptor to write the stacks of its threads to when it takes too long.
    """

    channel: Channel
    slate: Slate
    stacks: int = STDERR
