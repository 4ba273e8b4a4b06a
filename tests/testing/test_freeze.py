"""`Freeze`: the global time, and who goes on seeing the real one."""

import asyncio
import concurrent.futures
import datetime
import importlib
import logging
import subprocess
import sys
import threading
import time
import unittest
import uuid

import freezegun

from harness.core import realtime
from harness.errors import ClockError
from harness.testing.clock import FakeClock, SystemClock
from harness.testing.freeze import Freeze
from tests.support.unit import run_python

AT = "2030-01-01T00:00Z"
FROZEN = datetime.datetime(2030, 1, 1, tzinfo=datetime.UTC).timestamp()


class FreezeTest(unittest.TestCase):
    def freeze(self, *arguments, **options):
        frozen = Freeze(*arguments, **options)
        self.addCleanup(frozen.stop)
        return frozen


class FrozenTest(FreezeTest):
    def test_everything_that_tells_the_time_shows_it(self):
        self.freeze(AT)

        self.assertEqual(FROZEN, time.time())
        self.assertEqual(FROZEN, time.monotonic())
        self.assertEqual(datetime.datetime(2030, 1, 1), datetime.datetime.now())
        self.assertEqual(datetime.date(2030, 1, 1), datetime.date.today())
        self.assertEqual(FROZEN, SystemClock().time())

    def test_threads_and_pools_see_it_too(self):
        self.freeze(AT)
        with concurrent.futures.ThreadPoolExecutor() as pool:
            self.assertEqual(FROZEN, pool.submit(lambda: time.time()).result())
        seen = []
        thread = threading.Thread(target=lambda: seen.append(time.time()))
        thread.start()
        thread.join()

        self.assertEqual([FROZEN], seen)

    def test_it_moves_forth_and_back(self):
        frozen = self.freeze(AT)
        frozen.advance(30, minutes=1)
        self.assertEqual(FROZEN + 90, time.time())
        frozen.move_to("2029-12-31T23:59:59Z")

        self.assertEqual(FROZEN - 1, time.time())
        self.assertEqual("2029-12-31T23:59:59+00:00", frozen.now.isoformat())

    def test_it_may_run_on(self):
        frozen = self.freeze(AT, tick=True)
        time.sleep(0.01)
        first = time.time()
        frozen.advance(3600)

        self.assertGreater(first, FROZEN)
        self.assertGreater(time.time(), FROZEN + 3600)

    def test_ids_of_a_moment_stay_different(self):
        self.freeze(AT)
        ids = [uuid.uuid1() for _ in range(3)]

        self.assertEqual(3, len(set(ids)))
        self.assertEqual(1, len({each.time // 1000 for each in ids}))

    def test_log_records_bear_it(self):
        self.freeze(AT)
        with self.assertLogs() as logs:
            logging.getLogger("a").warning("b")

        self.assertEqual(FROZEN, logs.records[0].created)

    def test_ending_it_twice_is_no_harm(self):
        frozen = self.freeze(AT)
        frozen.stop()
        frozen.stop()

        self.assertNotEqual(FROZEN, time.time())

    def test_freezegun_is_imported_by_the_first_use_alone(self):
        code = "import sys, harness.testing.freeze; print('freezegun' in sys.modules)"

        self.assertEqual("False\n", run_python(code).stdout)

    def test_where_it_is_not_installed_the_extra_is_named(self):
        code = "import sys; sys.modules['freezegun'] = None\n"
        code += f"from harness.testing.freeze import Freeze; Freeze({AT!r})"
        said = run_python(code).stderr

        self.assertIn("MissingExtraError: freezegun is not installed", said)
        self.assertIn('next: pip install "unittest-harness[clock]"', said)

    def test_a_module_first_imported_meanwhile_keeps_no_fake_types(self):
        sys.modules.pop("harness.data.checks.casts", None)
        with Freeze(AT):
            casts = importlib.import_module("harness.data.checks.casts")

        self.assertIs(datetime.date, casts.date)


class RealTest(FreezeTest):
    """What waits for servers and other processes."""

    def test_time_outs_of_subprocesses_come(self):
        self.freeze(AT)
        with self.assertRaises(subprocess.TimeoutExpired):
            subprocess.run([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, timeout=0.01)

    def test_time_outs_of_futures_conditions_and_queues_come(self):
        self.freeze(AT)
        with self.assertRaises(concurrent.futures.TimeoutError):
            list(concurrent.futures.as_completed([concurrent.futures.Future()], timeout=0.01))
        condition = threading.Condition()
        with condition:
            self.assertFalse(condition.wait_for(lambda: False, timeout=0.01))

    def test_an_event_loop_goes_on(self):
        async def work():
            with self.assertRaises(TimeoutError):
                async with asyncio.timeout(0.01):
                    await asyncio.sleep(60)
            return time.time()

        self.freeze(AT)

        self.assertEqual(FROZEN, asyncio.run(work()))

    def test_the_clock_of_harness_goes_on_under_any_freeze(self):
        before = realtime.time(), realtime.monotonic()
        with freezegun.freeze_time("2000-01-01"):
            during = realtime.time(), realtime.monotonic()
        for earlier, later in zip(before, during, strict=True):
            self.assertTrue(0 <= later - earlier < 60)

    def test_modules_can_be_named_that_go_on(self):
        self.freeze(AT, real=[__name__])

        self.assertNotEqual(FROZEN, time.time())


class RefusedTest(FreezeTest):
    def refuses(self, *arguments, **options):
        with self.assertRaises(ClockError) as caught:
            self.freeze(*arguments, **options)
        return str(caught.exception)

    def test_freezing_twice(self):
        first = self.freeze(AT)
        said = self.refuses("2031-01-01T00:00Z")

        self.assertIn(
            "time is frozen already, at 2030-01-01 00:00:00+00:00: it cannot be, at 2031-01-01",
            said,
        )
        self.assertIn("next: move the first: frozen.move_to(...)", said)
        self.assertEqual(FROZEN, time.time())
        first.stop()
        self.freeze("2031-01-01T00:00Z")

    def test_instants_without_a_time_zone_and_no_instants(self):
        self.assertIn("has no time zone", self.refuses(datetime.datetime(2030, 1, 1)))
        self.assertIn("has no time zone", self.refuses("2030-01-01"))
        self.assertIn("5 is no instant", self.refuses(5))
        self.freeze(AT)  # nothing is left of those

    def test_a_negative_move(self):
        frozen = self.freeze(AT)
        with self.assertRaisesRegex(ClockError, "negative time"):
            frozen.advance(-1)
        with self.assertRaisesRegex(ClockError, "no time zone"):
            frozen.move_to("2030-01-01")

        self.assertEqual(FROZEN, time.time())

    def test_a_clock_that_is_followed_goes_never_back(self):
        frozen = self.freeze(FakeClock(AT))
        with self.assertRaisesRegex(ClockError, "is over: the clock shows 2030"):
            frozen.move_to("2029-01-01T00:00Z")

    def test_moving_one_that_has_ended(self):
        frozen = self.freeze(AT)
        frozen.stop()
        for use in (frozen.advance, lambda: frozen.move_to(AT), lambda: frozen.now):
            with self.assertRaisesRegex(ClockError, "time is not frozen any more"):
                use()

    def test_options_that_make_no_sense(self):
        self.assertIn("cannot tick besides", self.refuses(FakeClock(), tick=True))
        self.assertIn("next: write real=['a']", self.refuses(AT, real="a"))
        self.freeze(AT)
