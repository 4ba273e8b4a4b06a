"""A clock that is handed to the code, instead of the one that everybody reads.

Production code takes `clock: Clock = SystemClock()`; a test gives it a `FakeClock` and moves it.
"""

from harness.testing.clock.fake import FakeClock
from harness.testing.clock.instants import START
from harness.testing.clock.protocol import Clock, Timer
from harness.testing.clock.system import SystemClock

__all__ = ["START", "Clock", "FakeClock", "SystemClock", "Timer"]
