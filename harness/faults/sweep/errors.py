"""What a sweep says of an action or an argument that it cannot do with."""

from __future__ import annotations

import inspect
import threading

from harness.errors import FaultError
from harness.faults.sweep.points import SIDES
from harness.faults.sweep.run import MESSAGE, TURN, UNITS
from harness.faults.sweep.site import Site


def check(site: Site, action: object, by: str, most: int | None, within: float) -> None:
    """Do nothing if the arguments of a sweep are right.

    Raises:
        FaultError: One of them is wrong.
    """
    if not callable(action):
        raise FaultError(
            f"sweep({action!r}): that is no action",
            cause="what it returned was given, instead of what is called",
            hint="write sweep(lambda: pay(...))",
        )
    if by not in UNITS:
        raise FaultError(f"by={by!r} is no unit", hint=f"write {' or '.join(map(repr, UNITS))}")
    if by == MESSAGE and site.conversation is None:
        raise FaultError(
            f"{site.label} cannot be swept by message",
            cause="the messages of Postgres and Redis can be read, and no others",
            hint=f"write by={TURN!r}, which needs to know no protocol",
        )
    if most is not None and most < 1:
        raise FaultError(f"max_points={most!r}: nothing would be tried", hint="write 1 or more")
    if not 0 < within <= threading.TIMEOUT_MAX:
        raise FaultError(f"within={within!r} is no time", hint="write seconds, such as 10")


def sides(lose: tuple[str, ...]) -> tuple[str, ...]:
    """Return what is to be lost.

    Raises:
        FaultError: That cannot be.
    """
    for side in lose:
        if side not in SIDES:
            raise FaultError(
                f"lose={side!r} cannot be lost", hint=f"write {' or '.join(map(repr, SIDES))}"
            )
    if not lose:
        raise FaultError("lose=() loses nothing", hint="write lose='response', or leave it out")
    return lose


def used_twice() -> FaultError:
    """Return the error for a second loop over one sweep."""
    return FaultError("this sweep is over", hint="call sweep() anew for each loop")


def over() -> FaultError:
    """Return the error for a block that is entered after its loop."""
    return FaultError(
        "the loop of this sweep is over",
        cause="`with cut:` stands behind the loop, or was entered by another thread",
        hint="write it in the loop: for cut in self.db.sweep(...)",
    )


def taken(label: str, error: OSError) -> FaultError:
    """Return the error for an address at which the action cannot be heard."""
    return FaultError(
        f"{label} cannot be swept: {error}",
        cause="the sweep listens in the place of the fault proxy: another program has taken that "
        "meanwhile, or it is on another machine",
        hint="run the test again, or unset TOXIPROXY_URL for a fault proxy of our own",
    )


def not_entered() -> FaultError:
    """Return the error for a loop without its block."""
    return FaultError(
        "sweep(): nothing was run in a turn of the loop",
        hint="write `with cut:` in the loop: for cut in self.db.sweep(...)",
    )


def entered_twice() -> FaultError:
    """Return the error for a block that stands twice in its loop."""
    return FaultError(
        "this run of the sweep is over",
        cause="`with cut:` stands twice in the loop",
        hint="write both checks in one block: it runs the action once",
    )


def check_done(result: object) -> None:
    """Do nothing if an action has run to its end.

    Raises:
        FaultError: It has returned what is to be awaited.
    """
    if inspect.iscoroutine(result):
        result.close()
        raise FaultError(
            "the action has not run: it is to be awaited",
            cause="`with cut:` calls it, and awaits nothing",
            hint="write `async with cut:`",
        )


def overdue(where: str, within: float) -> FaultError:
    """Return the error for an action that does not end."""
    return FaultError(
        f"the action did not end within {within:g} s: {where}",
        cause="it tries for ever, or waits for what does not come",
        hint="give it a number of tries or a time-out, or the sweep a longer `within`",
    )


def never_quiet(where: str, within: float) -> FaultError:
    """Return the error for a server that does not end its connections."""
    return FaultError(
        f"the server was still at work {within:g} s after the action had ended: {where}",
        cause="it does not see that its client is gone before it has done what it was told",
        hint="give the statement a time-out, or the sweep a longer `within`",
    )


def opaque(label: str) -> FaultError:
    """Return the error for messages that cannot be read."""
    return FaultError(
        f"the messages to {label} cannot be read",
        cause="the connection is encrypted, or is none of its protocol",
        hint=f"write by={TURN!r}, or connect without TLS",
    )


def no_connection(label: str) -> FaultError:
    """Return the error for an action in which nothing can be lost."""
    return FaultError(
        f"the action made no connection to {label}: there is nothing to lose",
        cause="it uses another service, or a connection that was opened elsewhere",
        hint="have it connect by itself each time: pay(self.db.dsn, ...)",
    )


def not_repeatable(how: str) -> FaultError:
    """Return the error for an action that does not do the same in each run."""
    return FaultError(
        f"the action is not repeatable: {how}",
        cause="what it does depends on time, on chance, on threads or on data that is not put back",
        hint="put other data back by reset=, and have it connect anew in each run",
    )
