"""What a test cannot ask of its topics, in words that help."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harness.core.nearest import nearest
from harness.errors import LeaseError, ServiceDiedError


def check_partitions(partitions: object, most: int) -> None:
    """Do nothing for a number of partitions.

    Raises:
        LeaseError: It is none, or more than a test can need.
    """
    if type(partitions) is not int or not 0 < partitions <= most:
        raise LeaseError(
            f"topic(partitions={partitions!r}): not a number of partitions",
            cause=f"a topic has 1 partition or more, and {most} are more than a broker of tests "
            "can take for each",
            hint="write topic(name, partitions=3)",
        )


def check_count(topics: Mapping[str, int], most: int) -> None:
    """Do nothing while a test has few topics.

    Raises:
        LeaseError: It has as many as it can have.
    """
    if len(topics) >= most:
        raise LeaseError(
            f"the test has {most} topics, and asks for one more",
            cause="a loop makes a new one in each turn: a broker takes long for so many, "
            "and all processes of the run share it",
            hint="make few topics and use keys or partitions, or split the test",
        )


def other_partitions(name: str, has: int, wanted: int) -> LeaseError:
    """Return the error for a topic that is asked for with another number of partitions."""
    return LeaseError(
        f"topic({name!r}, partitions={wanted}): the test has made it with {has}",
        hint=f"give it another name, or write topic({name!r}, partitions={has}) at both places",
    )


def no_topic(topic: object, beginning: str, own: Sequence[str]) -> LeaseError:
    """Return the error for a topic that is not there."""
    short = [name.removeprefix(beginning) for name in own]
    if topic in short:
        return LeaseError(
            f"there is no topic {topic!r}: this test's is called {beginning + str(topic)!r}",
            cause="each test has topics of its own, with names that no other has",
            hint=f"use what topic({topic!r}) returned",
        )
    near = nearest(str(topic).removeprefix(beginning), short)
    return LeaseError(
        f"there is no topic {topic!r}",
        cause=f"this test has {', '.join(short) or 'none yet'}",
        hint=f"did you mean {near}?" if near else f"make it with topic({str(topic)[:40]!r}) first",
    )


def silent(where: str, error: Exception) -> ServiceDiedError:
    """Return the error for a broker that runs and does not answer."""
    return ServiceDiedError(
        f"Kafka at {where} does not answer: {error}",
        cause="it is paused or overloaded, or it advertises an address that cannot be reached",
        hint="look at its log: self.<name>.instance.log",
    )
