"""The faults that there are, by name and with units. A fault is a value: it does nothing itself."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Generic, NoReturn, ParamSpec, TypeVar

from harness.core.nearest import did_you_mean, nearest
from harness.errors import FaultError, UnknownFaultError

T = TypeVar("T")
P = ParamSpec("P")

DOWNSTREAM, UPSTREAM = "downstream", "upstream"
STREAMS = (DOWNSTREAM, UPSTREAM)
DOWN = "down"
HIGHEST = 2**31 - 1  # of any number: more would overflow inside the Go server


@dataclass(frozen=True)
class Fault:
    """One fault.

    Attributes:
        type: Toxiproxy's name for it.
        stream: `downstream`, on answers, or `upstream`, on requests.
        toxicity: The share of connections that it acts on, from 0 to 1.
        attributes: Toxiproxy's attributes of it.
        words: How it was asked for.
    """

    type: str
    stream: str = DOWNSTREAM
    toxicity: float = 1.0
    attributes: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    words: str = ""

    def __str__(self) -> str:
        return self.words or f"{self.type}()"


def explained(method: Callable[P, T]) -> Callable[P, T]:
    """Have a method say which arguments it takes, where it was called with others."""
    signature = inspect.signature(method)
    names = [name for name in signature.parameters if name != "self"]

    @functools.wraps(method)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            signature.bind(*args, **kwargs)
        except TypeError as error:
            raise misused(method.__name__, names, list(kwargs), str(error)) from None
        return method(*args, **kwargs)

    return call


def misused(name: str, names: list[str], given: list[str], said: str) -> FaultError:
    """Return the error for a fault that was asked for with the wrong arguments."""
    unknown = [word for word in given if word not in names]
    near = nearest(unknown[0], names) if unknown else None
    hint = f"write {name}({', '.join(f'{word}=...' for word in names)})"
    return FaultError(f"{name}(): {said}", hint=f"did you mean {near}=?" if near else hint)


class Faults(Generic[T]):
    """The faults that there are, by name.

    Args:
        use: What becomes of a fault, such as a context manager that has it on a proxy.

    Example:
        >>> str(Faults(lambda fault: fault).latency(ms=500, jitter_ms=50))
        'latency(ms=500, jitter_ms=50)'
    """

    def __init__(self, use: Callable[[Fault], T]) -> None:
        self._use = use

    @explained
    def latency(
        self, *, ms: int, jitter_ms: int = 0, stream: str = DOWNSTREAM, toxicity: float = 1.0
    ) -> T:
        """Delay every byte.

        Args:
            ms: By how much, in milliseconds.
            jitter_ms: How much more or less it may be.
            stream: `downstream`, on answers, or `upstream`, on requests.
            toxicity: The share of connections that it acts on, from 0 to 1.

        Raises:
            FaultError: A value cannot be.
        """
        given = {"ms": ms, "jitter_ms": jitter_ms}
        return self._make("latency", given, ("latency", "jitter"), stream, toxicity)

    @explained
    def bandwidth(self, *, kb_per_s: int, stream: str = DOWNSTREAM, toxicity: float = 1.0) -> T:
        """Let only so much through.

        Args:
            kb_per_s: How much, in 1000 bytes a second; 0 for nothing.
            stream: `downstream`, on answers, or `upstream`, on requests.
            toxicity: The share of connections that it acts on, from 0 to 1.

        Raises:
            FaultError: A value cannot be.
        """
        return self._make("bandwidth", {"kb_per_s": kb_per_s}, ("rate",), stream, toxicity)

    @explained
    def slow_close(self, *, ms: int, stream: str = DOWNSTREAM, toxicity: float = 1.0) -> T:
        """Delay the end of a connection.

        Args:
            ms: By how much, in milliseconds.
            stream: `downstream`, when the server ends it, or `upstream`, when the client does.
            toxicity: The share of connections that it acts on, from 0 to 1.

        Raises:
            FaultError: A value cannot be.
        """
        return self._make("slow_close", {"ms": ms}, ("delay",), stream, toxicity)

    @explained
    def timeout(self, *, ms: int, stream: str = DOWNSTREAM, toxicity: float = 1.0) -> T:
        """Let nothing through, and end the connection when nothing has come for a while.

        Args:
            ms: For how long, in milliseconds; 0 for never: silence, until the fault is over. Then
                the connection is ended, since what was lost is lost.
            stream: `downstream`, on answers, or `upstream`, on requests.
            toxicity: The share of connections that it acts on, from 0 to 1.

        Raises:
            FaultError: A value cannot be.
        """
        return self._make("timeout", {"ms": ms}, ("timeout",), stream, toxicity)

    @explained
    def reset_peer(self, *, ms: int = 0, stream: str = DOWNSTREAM, toxicity: float = 1.0) -> T:
        """Reset a connection after the first bytes; one that was open before is closed in order.

        Args:
            ms: How long after them, in milliseconds.
            stream: `downstream`, with the first answer, or `upstream`, with the first request.
            toxicity: The share of connections that it acts on, from 0 to 1.

        Raises:
            FaultError: A value cannot be.
        """
        return self._make("reset_peer", {"ms": ms}, ("timeout",), stream, toxicity)

    @explained
    def slicer(
        self,
        *,
        bytes: int,
        variation: int = 0,
        delay_us: int = 0,
        stream: str = DOWNSTREAM,
        toxicity: float = 1.0,
    ) -> T:
        """Cut what is sent into small pieces.

        Args:
            bytes: The size of a piece, at least 1.
            variation: How many bytes more or less it may have; less than `bytes`.
            delay_us: How long to wait after each, in microseconds.
            stream: `downstream`, on answers, or `upstream`, on requests.
            toxicity: The share of connections that it acts on, from 0 to 1.

        Raises:
            FaultError: A value cannot be.
        """
        given = {"bytes": bytes, "variation": variation, "delay_us": delay_us}
        check_slices(bytes, variation)
        names = ("average_size", "size_variation", "delay")
        return self._make("slicer", given, names, stream, toxicity)

    @explained
    def limit_data(self, *, bytes: int, stream: str = DOWNSTREAM, toxicity: float = 1.0) -> T:
        """End a connection when so much has come through.

        Args:
            bytes: How much; of a connection that was open before, what still comes.
            stream: `downstream`, on answers, or `upstream`, on requests.
            toxicity: The share of connections that it acts on, from 0 to 1.

        Raises:
            FaultError: A value cannot be.
        """
        return self._make("limit_data", {"bytes": bytes}, ("bytes",), stream, toxicity)

    @explained
    def down(self) -> T:
        """End all connections, and refuse new ones."""
        return self._use(Fault(DOWN))

    def _make(
        self,
        kind: str,
        given: dict[str, int],
        names: tuple[str, ...],
        stream: str,
        toxicity: float,
    ) -> T:
        words = worded(kind, given, stream, toxicity)
        for name, value in given.items():
            check_number(words, name, value)
        check_stream(words, stream)
        check_toxicity(words, toxicity)
        attributes = MappingProxyType(dict(zip(names, given.values(), strict=True)))
        return self._use(Fault(kind, stream, toxicity, attributes, words))

    if not TYPE_CHECKING:  # type checkers are to see that there is no such fault

        def __getattr__(self, name: str) -> NoReturn:
            if name.startswith("_"):  # copy, pickle and inspect ask for these
                raise AttributeError(name)
            known = [word for word in vars(Faults) if not word.startswith("_")]
            raise UnknownFaultError(f"there is no fault {name!r}", hint=did_you_mean(name, known))


class Toxics(Faults[T]):
    """The faults that there are, by name, for what is there to have them."""

    def having(self, fault: Fault) -> T:
        """Have a fault that was made before, such as `latency(ms=500)` of `harness.faults`."""
        return self._use(fault)


def worded(kind: str, given: Mapping[str, object], stream: str, toxicity: float) -> str:
    """Return a fault as it is written, without what is usual."""
    parts = [f"{name}={value!r}" for name, value in given.items() if value or name in FIRST]
    parts += [f"stream={stream!r}"] if stream != DOWNSTREAM else []
    parts += [f"toxicity={toxicity!r}"] if toxicity != 1 else []
    return f"{kind}({', '.join(parts)})"


FIRST = ("ms", "kb_per_s", "bytes")  # shown, even if 0


def check_number(words: str, name: str, value: object) -> None:
    """Do nothing for a number that a toxic takes.

    Raises:
        FaultError: It is none.
    """
    if type(value) is not int:
        raise FaultError(
            f"{words}: {name} is not a whole number", hint=f"write {name}={example(value)}"
        )
    if not 0 <= value <= HIGHEST:
        raise FaultError(
            f"{words}: {name} is {'below 0' if value < 0 else 'too large'}",
            hint=f"write a number from 0 to {HIGHEST}",
        )


def example(value: object) -> int:
    """Return a whole number near a value, to show how it is written."""
    return max(1, round(value)) if isinstance(value, float) and abs(value) < HIGHEST else 100


def check_slices(size: int, variation: int) -> None:
    """Do nothing for slices that have a byte at least.

    Raises:
        FaultError: They might have none.
    """
    if type(size) is int and type(variation) is int and not 0 <= variation < max(size, 1) <= size:
        raise FaultError(
            f"slicer(bytes={size}, variation={variation}): a piece would have no byte",
            hint="write bytes=1 or more, and a smaller variation",
        )


def check_stream(words: str, stream: object) -> None:
    """Do nothing for a stream.

    Raises:
        FaultError: It is none.
    """
    if stream not in STREAMS:
        raise FaultError(
            f"{words}: unknown stream",
            hint="write stream='downstream' for answers, or stream='upstream' for requests",
        )


def check_toxicity(words: str, toxicity: object) -> None:
    """Do nothing for a share.

    Raises:
        FaultError: It is none.
    """
    if type(toxicity) not in (int, float) or not 0 <= toxicity <= 1:  # type: ignore[operator]
        raise FaultError(
            f"{words}: toxicity is the share of connections that are hit",
            hint="write a number from 0 to 1, such as toxicity=0.5 for every second one",
        )
