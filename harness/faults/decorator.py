"""Faults for the length of a test, or of each test of a class."""

from __future__ import annotations

import contextlib
import functools
import inspect
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from harness.errors import FaultError
from harness.faults.faults import Fault

T = TypeVar("T", bound=Callable[..., Any])  # a test, or a class of tests

TEST = "test"  # how names of tests begin, as for `unittest.mock.patch`


def toxics(service: str, *faults: Fault) -> Callable[[T], T]:
    """Have faults for the length of a test; of a class, for each of its tests.

    As with `unittest.mock.patch`, `setUp`, `tearDown` and clean-ups are without them. Several
    decorators stack.

    Args:
        service: The attribute under which the test has what is proxied, such as `"db"`.
        faults: The faults, such as `latency(ms=50)`.

    Raises:
        FaultError: These are no faults, or there is nothing to decorate.

    Example:
        ::

            @toxics("db", latency(ms=50))
            class SlowDatabaseTest(ShopTest):
                @toxics("cache", down())
                def test_without_a_cache_either(self): ...
    """
    check_faults(service, faults)

    def decorate(target: T) -> T:
        if isinstance(target, type):
            decorate_class(target, service, faults)
            return target
        return faulted(target, service, faults)  # type: ignore[return-value]

    return decorate


def check_faults(service: object, faults: tuple[object, ...]) -> None:
    """Do nothing for a name and faults.

    Raises:
        FaultError: They are something else.
    """
    if not isinstance(service, str):
        raise FaultError(
            f"toxics({service!r}, ...): not the name of an attribute",
            hint='write it as a text, as in @toxics("db", latency(ms=50))',
        )
    wrong = [fault for fault in faults if not isinstance(fault, Fault)]
    if wrong or not faults:
        said = f"{wrong[0]!r} is no fault" if wrong else "no fault is given"
        raise FaultError(
            f"toxics({service!r}, ...): {said}",
            hint="import them: `from harness.faults import latency, toxics`, and write "
            f'@toxics("{service}", latency(ms=50))',
        )


def decorate_class(case: type, service: str, faults: tuple[Fault, ...]) -> None:
    """Have faults in each test of a class, inherited ones included.

    Raises:
        FaultError: It has no tests.
    """
    names = [name for name in dir(case) if name.startswith(TEST) and callable(getattr(case, name))]
    if not names:
        raise FaultError(
            f"@toxics({service!r}, ...) on {case.__qualname__}, which has no tests",
            hint="put it on the class whose methods begin with test, or on a test",
        )
    for name in names:
        setattr(case, name, faulted(getattr(case, name), service, faults))


def faulted(
    test: Callable[..., Any], service: str, faults: tuple[Fault, ...]
) -> Callable[..., Any]:
    """Return a test that has faults for its length."""
    if inspect.iscoroutinefunction(test):
        return faulted_coroutine(test, service, faults)

    @functools.wraps(test)
    def run(case: Any, *args: Any, **kwargs: Any) -> Any:
        with having(case, service, faults):
            return test(case, *args, **kwargs)

    return run


def faulted_coroutine(
    test: Callable[..., Awaitable[Any]], service: str, faults: tuple[Fault, ...]
) -> Callable[..., Any]:
    """Return a test that is a coroutine and has faults for its length."""

    @functools.wraps(test)
    async def run(case: Any, *args: Any, **kwargs: Any) -> Any:
        with having(case, service, faults):
            return await test(case, *args, **kwargs)

    return run


@contextlib.contextmanager
def having(case: Any, service: str, faults: tuple[Fault, ...]) -> Any:
    """Have faults on what a test has under a name."""
    with contextlib.ExitStack() as stack:
        for fault in faults:
            stack.enter_context(getattr(case, service).toxics.having(fault))
        yield
