"""The time, as something that the code is handed."""

import time
from typing import Protocol


class Clock(Protocol):
    """As much of a clock as this application uses."""

    def monotonic(self) -> float:
        """Return seconds that never go back."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


class SystemClock:
    """The clock of this machine."""

    monotonic = staticmethod(time.monotonic)
    sleep = staticmethod(time.sleep)
