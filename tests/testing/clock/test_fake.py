"""`FakeClock` in one thread: what it shows, how it moves, and what it refuses."""

import unittest
from datetime import UTC, datetime, timedelta, timezone

from harness.errors import ClockError
from harness.testing.clock import START, Clock, FakeClock, SystemClock


class ClockTest(unittest.TestCase):
    def setUp(self):
        self.clock = FakeClock("2030-01-01T00:00Z")
        self.said = []

    def say(self, word):
        self.said.append((word, self.seconds()))

    def seconds(self):
        return self.clock.time() - datetime(2030, 1, 1, tzinfo=UTC).timestamp()

    def refuses(self, what, *arguments, **options):
        with self.assertRaises(ClockError) as caught:
            what(*arguments, **options)
        return str(caught.exception)


class ShownTest(ClockTest):
    def test_it_stands_still(self):
        self.assertEqual([self.clock.now()] * 2, [self.clock.now(), self.clock.now()])

    def test_every_clock_starts_at_the_same_instant(self):
        self.assertEqual(START, FakeClock().now())
        self.assertEqual(1000, FakeClock().monotonic())

    def test_it_shows_utc_wherever_its_start_was_written(self):
        clock = FakeClock(datetime(2030, 1, 1, 1, tzinfo=timezone(timedelta(hours=1))))

        self.assertEqual(self.clock.now(), clock.now())
        self.assertEqual(UTC, clock.now().tzinfo)

    def test_all_that_it_shows_moves_alike(self):
        before = self.clock.now(), self.clock.time(), self.clock.monotonic()
        self.clock.advance(1.5)

        self.assertEqual(before[0] + timedelta(seconds=1.5), self.clock.now())
        self.assertEqual(before[1] + 1.5, self.clock.time())
        self.assertEqual(before[2] + 1.5, self.clock.monotonic())

    def test_steps_add_up_exactly(self):
        for _ in range(10):
            self.clock.advance(0.1)

        self.assertEqual(1001, self.clock.monotonic())

    def test_spans_are_given_in_any_unit(self):
        self.clock.advance(1, minutes=1, hours=1, days=1)
        self.clock.advance(timedelta(seconds=1), minutes=1)

        self.assertEqual(86400 + 3600 + 60 + 1 + 61, self.seconds())

    def test_it_goes_to_an_instant(self):
        self.clock.advance_to("2030-01-01T01:01+01:00")

        self.assertEqual(60, self.seconds())

    def test_it_shows_itself_in_a_failure(self):
        self.assertEqual("<FakeClock at 2030-01-01 00:00:00+00:00>", repr(self.clock))

    def test_a_sleep_of_its_owner_moves_it(self):
        self.clock.call_later(1, self.say, "timer")
        self.clock.sleep(2)

        self.assertEqual([("timer", 1)], self.said)
        self.assertEqual(2, self.seconds())


class TimerTest(ClockTest):
    def test_timers_are_called_in_order_each_at_its_own_instant(self):
        self.clock.call_later(3, self.say, "c")
        self.clock.call_later(1, self.say, "a")
        self.clock.call_at(datetime(2030, 1, 1, 0, 0, 2, tzinfo=UTC), self.say, "b")
        self.clock.advance(10)

        self.assertEqual([("a", 1), ("b", 2), ("c", 3)], self.said)
        self.assertEqual(10, self.seconds())

    def test_of_one_instant_the_one_that_was_set_first_comes_first(self):
        for word in "xab":
            self.clock.call_later(1, self.say, word)
        self.clock.advance(1)

        self.assertEqual("xab", "".join(word for word, _ in self.said))

    def test_one_that_is_not_due_is_not_called(self):
        self.clock.call_later(1, self.say, "a")
        self.clock.advance(0.999999)

        self.assertEqual([], self.said)

    def test_one_that_a_timer_sets_is_called_in_the_same_move(self):
        def again():
            self.say("again")
            self.clock.call_later(2, again)

        self.clock.call_later(2, again)
        self.clock.advance(7)

        self.assertEqual([("again", 2), ("again", 4), ("again", 6)], self.said)

    def test_one_that_was_cancelled_is_not_called(self):
        timer = self.clock.call_later(1, self.say, "a")
        timer.cancel()
        timer.cancel()
        self.clock.advance(1)

        self.assertEqual([], self.said)

    def test_it_tells_when_it_comes(self):
        timer = self.clock.call_later(90, self.say)

        self.assertEqual(datetime(2030, 1, 1, 0, 1, 30, tzinfo=UTC), timer.when)

    def test_one_for_an_instant_that_is_over_comes_with_the_next_move(self):
        self.clock.call_at(datetime(2020, 1, 1, tzinfo=UTC), self.say, "late")
        self.clock.advance()

        self.assertEqual([("late", 0)], self.said)

    def test_one_that_raises_stops_the_clock_there_and_loses_nothing(self):
        self.clock.call_later(1, {}.pop, "gone")
        self.clock.call_later(2, self.say, "b")
        with self.assertRaises(KeyError) as caught:
            self.clock.advance(5)

        self.assertEqual(1, self.seconds())
        self.assertIn(
            "raised by the timer dict.pop, which was due at 2030-01-01 00:00:01+00:00",
            caught.exception.__notes__,
        )
        self.clock.advance(5)
        self.assertEqual([("b", 2)], self.said)
        self.assertEqual(6, self.seconds())

    def test_one_that_moves_or_sleeps_is_refused(self):
        for move in (self.clock.advance, self.clock.sleep):
            self.clock.call_later(1, move, 1)
            with self.subTest(move), self.assertRaises(ClockError) as caught:
                self.clock.advance(1)
            self.assertIn("the clock was moved while MainThread, for the timer FakeClock.",
                          str(caught.exception))  # fmt: skip
            self.assertIn("a timer schedules what follows with call_later()", str(caught.exception))
        self.clock.advance(1)  # it can be moved again

    def test_one_that_never_ends_is_told(self):
        def again():
            self.clock.call_later(0, again)

        again()

        self.assertIn("10000 alarms were due at", self.refuses(self.clock.advance))

    def test_what_cannot_be_called_is_refused_at_once(self):
        async def never():
            pass

        self.assertIn("a timer cannot call 3", self.refuses(self.clock.call_later, 1, 3))
        self.assertIn("never\n  next: start a task", self.refuses(self.clock.call_later, 1, never))


class RefusedTest(ClockTest):
    def test_a_negative_time(self):
        for what in (self.clock.advance, self.clock.sleep):
            with self.subTest(what):
                self.assertEqual(
                    "-1 is a negative time\n"
                    "  likely cause: a difference was taken the wrong way round, or the time was "
                    "over already\n"
                    "  next: a clock never goes back; write max(0, ...) where nothing may be left "
                    "to wait",
                    self.refuses(what, -1),
                )
        self.assertIn("-1 is a negative", self.refuses(self.clock.call_later, -1, self.say))
        self.assertIn("is a negative", self.refuses(self.clock.advance, timedelta(seconds=-1)))
        self.assertIn("-30 is a negative", self.refuses(self.clock.advance, 30, minutes=-1))
        self.assertEqual(0, self.seconds())

    def test_what_is_no_number(self):
        for wrong in (float("nan"), float("inf"), "1", None):
            with self.subTest(wrong):
                self.assertIn(
                    f"{wrong!r} is no number of seconds", self.refuses(self.clock.sleep, wrong)
                )

    def test_an_instant_that_is_over(self):
        said = self.refuses(self.clock.advance_to, START)

        self.assertIn("12:00:00+00:00 is over: the clock shows 2030-01-01 00:00:00+00:00", said)
        self.assertIn("next: make another that begins earlier: clock_start", said)

    def test_an_instant_without_a_time_zone(self):
        naive = datetime(2030, 1, 1, 9)

        said = self.refuses(FakeClock, naive)
        self.assertIn("datetime.datetime(2030, 1, 1, 9, 0) has no time zone", said)
        self.assertIn('write "2030-01-01T09:00:00Z", or datetime(..., tzinfo=UTC)', said)
        self.assertIn("no time zone", self.refuses(FakeClock, "2030-01-01"))
        self.assertIn("no time zone", self.refuses(self.clock.advance_to, naive))
        self.assertIn("no time zone", self.refuses(self.clock.call_at, naive, self.say))

    def test_what_is_no_instant(self):
        self.assertIn("'tomorrow' is no instant in ISO", self.refuses(FakeClock, "tomorrow"))
        self.assertIn("5 is no instant", self.refuses(FakeClock, 5))

    def test_what_no_datetime_can_tell(self):
        for what in (self.clock.advance, lambda span: self.clock.call_later(span, self.say)):
            with self.subTest(what):
                self.assertIn("stay before 9999-12-31", self.refuses(what, 1e12))
        self.assertEqual(0, self.seconds())

    def test_a_clock_that_was_closed(self):
        self.clock.close("its test has ended")
        self.clock.close()

        for use in (
            self.clock.now,
            self.clock.time,
            self.clock.monotonic,
            self.clock.advance,
            lambda: self.clock.sleep(0),
            lambda: self.clock.call_later(1, self.say),
            lambda: self.clock.follow(self.say),
        ):
            self.assertIn(
                "this clock is not to be used any more: its test has ended", self.refuses(use)
            )


class FollowerTest(ClockTest):
    def test_it_is_told_every_instant_before_what_is_due_then(self):
        self.clock.call_later(1, self.say, "timer")
        end = self.clock.follow(lambda now: self.say(now.second))
        self.clock.advance(2)
        end()
        self.clock.advance(2)

        self.assertEqual([(1, 1), ("timer", 1), (2, 2)], self.said)


class ProtocolTest(unittest.TestCase):
    def test_both_clocks_have_the_whole_surface(self):
        wanted = {name for name in vars(Clock) if not name.startswith("_")}

        self.assertEqual(7, len(wanted))
        for clock in (FakeClock(), SystemClock()):
            self.assertLessEqual(wanted, {name for name in dir(clock) if name[0] != "_"})
