"""Waiting for a service, with an eye on whether it still runs."""

from __future__ import annotations

from collections.abc import Callable

from harness.core import realtime as time
from harness.core.instance import Running, log_tail, without_secrets
from harness.core.pauses import pause
from harness.errors import HarnessError, StartError, StartTimeoutError

SHORTEST_PAUSE = 0.002
LONGEST_PAUSE = 0.1
PROBE_TIMEOUT = 2.0
LEAST_TIMEOUT = 0.1  # of the last probe, too, whose failure is reported


def wait_until_ready(
    running: Running,
    probe: Callable[[Running, float], None],
    *,
    what: str,
    within: float,
    cancelled: Callable[[], bool] = lambda: False,
) -> None:
    """Return when the probe succeeds.

    Args:
        running: What was started; its exit state is looked at before each probe.
        probe: Called with `running` and a time-out in seconds; raises while it is not ready.
        what: The service, for the messages.
        within: Seconds to wait at most.
        cancelled: Tells that nobody waits any more.

    Raises:
        StartError: It ended, or the wait was cancelled. A `HarnessError` of the probe is final.
        StartTimeoutError: The time is over; with the last failure of the probe.
    """
    began = time.monotonic()
    while True:
        state = running.exit_state()
        if state is not None:
            raise ended(running, what, state)
        try:
            rest = within - (time.monotonic() - began)
            probe(running, min(PROBE_TIMEOUT, max(rest, LEAST_TIMEOUT)))
        except HarnessError:  # known, and the same tomorrow
            raise
        except Exception as error:
            failure = error
        else:
            return
        if cancelled():
            raise StartError(f"the start of {what} was cancelled")
        waited = time.monotonic() - began
        if waited > within:
            raise never_ready(running, what, within, failure) from failure
        time.sleep(pause(waited, SHORTEST_PAUSE, LONGEST_PAUSE))


def ended(running: Running, what: str, state: str) -> StartError:
    """Return the error for a service that ended while it was starting."""
    return StartError(
        f"{what} ended while starting: {state} ({running.provenance})",
        cause=running.likely_cause(),
        hint="read the end of its log above; `harness doctor` checks the installation",
        detail=log_tail(running) or None,
    )


def never_ready(
    running: Running, what: str, within: float, failure: Exception
) -> StartTimeoutError:
    """Return the error for a service that runs and does not answer."""
    tail = log_tail(running)
    hint = "set HARNESS_START_TIMEOUT to more seconds, or read the end of its log above"
    return StartTimeoutError(
        f"{what} was not ready within {within:g} s ({running.provenance}); "
        f"last failure: {without_secrets(f'{type(failure).__name__}: {failure}', running)}",
        cause=running.likely_cause() or "the machine is slow or overloaded",
        hint=hint if tail else "check that the server runs, and its address",
        detail=tail or None,
    )
