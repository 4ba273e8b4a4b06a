"""What each toxic does to bytes and to their end: no socket, no clock."""

import math
import unittest

from harness.faults.engine.draws import Draws
from harness.faults.engine.events import Event, Kind
from harness.faults.engine.kinds import KINDS


def data(text, due=0.0, offset=0):
    return Event(due, Kind.DATA, text, due, offset)


def end(due=0.0, kind=Kind.EOF):
    return Event(due, kind, b"", due)


class StageTest(unittest.TestCase):
    seed = 7

    def stage(self, kind, first=True, **attributes):
        made, names = KINDS[kind]
        return made({**dict.fromkeys(names, 0), **attributes}, Draws(self.seed), 0.0, first=first)

    def fed(self, stage, *events):
        """Return what comes out, as (milliseconds, what)."""
        out = [made for event in events for made in stage.feed(event)]
        return [(round(e.due * 1e3, 3), e.data or e.kind.name) for e in out]


class LatencyTest(StageTest):
    def test_bytes_come_later(self):
        self.assertEqual([(100, b"a")], self.fed(self.stage("latency", latency=100), data(b"a")))

    def test_what_has_waited_before_waits_the_less(self):
        waited = Event(0.07, Kind.DATA, b"a", read=0.01)

        self.assertEqual([(110, b"a")], self.fed(self.stage("latency", latency=100), waited))

    def test_two_latencies_add_up(self):
        (event,) = self.stage("latency", latency=100).feed(data(b"a"))

        self.assertEqual([(150, b"a")], self.fed(self.stage("latency", latency=50), event))

    def test_the_end_is_not_delayed_beyond_the_bytes_before_it(self):
        stage = self.stage("latency", latency=100)

        self.assertEqual([(100, b"a"), (100, "EOF")], self.fed(stage, data(b"a"), end(0.01)))
        self.assertEqual([(200, "EOF")], self.fed(self.stage("latency", latency=100), end(0.2)))

    def test_jitter_stays_within_its_bounds_and_reaches_both(self):
        delays = [
            self.fed(self.stage("latency", latency=100, jitter=5), data(b"a", offset=n))[0][0]
            for n in range(300)
        ]

        self.assertEqual({*range(95, 105)}, {*delays})

    def test_jitter_depends_on_the_offset_and_on_no_other_byte(self):
        whole, late = (self.stage("latency", latency=100, jitter=50) for _ in "ab")
        out = self.fed(whole, data(b"ab", due=0), data(b"c", due=1, offset=2))

        self.assertEqual(out[1:], self.fed(late, data(b"c", due=1, offset=2)))

    def test_bytes_stay_in_order(self):
        stage = self.stage("latency", latency=50, jitter=50)
        times = [t for t, _ in self.fed(stage, *(data(b"a", offset=n) for n in range(50)))]

        self.assertEqual(sorted(times), times)

    def test_a_negative_delay_is_none(self):
        self.assertEqual([(0, b"a")], self.fed(self.stage("latency", latency=-100), data(b"a")))


class BandwidthTest(StageTest):
    def test_bytes_come_at_their_rate_in_slices_of_a_tenth_of_a_second(self):
        out = self.fed(self.stage("bandwidth", rate=1), data(b"x" * 250), end())

        self.assertEqual([(100, b"x" * 100), (200, b"x" * 100), (250, b"x" * 50)], out[:3])
        self.assertEqual((250, "EOF"), out[3])

    def test_the_next_bytes_wait_for_those_before_them(self):
        stage = self.stage("bandwidth", rate=1)

        self.assertEqual([(50, b"x" * 50)], self.fed(stage, data(b"x" * 50)))
        self.assertEqual([(100, b"x" * 50)], self.fed(stage, data(b"x" * 50, due=0.01)))
        self.assertEqual([(550, b"x" * 50)], self.fed(stage, data(b"x" * 50, due=0.5)))

    def test_a_rate_of_zero_lets_nothing_through_not_even_the_end(self):
        out = self.fed(self.stage("bandwidth", rate=0), data(b"x"), end())

        self.assertEqual([math.inf, math.inf], [when for when, _ in out])

    def test_fast_ones_come_in_many_blocks(self):
        out = self.fed(self.stage("bandwidth", rate=10_000), data(b"x" * 100_000))

        self.assertEqual((10.0, 100_000), (out[-1][0], sum(len(d) for _, d in out)))
        self.assertGreater(len(out), 3)


class EndsTest(StageTest):
    def test_slow_close_delays_the_end_and_nothing_else(self):
        stage = self.stage("slow_close", delay=300)

        self.assertEqual([(0, b"a"), (310, "EOF")], self.fed(stage, data(b"a"), end(0.01)))

    def test_timeout_drops_bytes_and_closes_after_the_last_of_them(self):
        stage = self.stage("timeout", timeout=100)
        self.assertEqual(0.1, stage.deadline)

        self.assertEqual([], self.fed(stage, data(b"a", due=0.05)))

        self.assertAlmostEqual(0.15, stage.deadline)
        self.assertEqual(["CLOSE"], [e.kind.name for e in stage.expire()])
        self.assertEqual([], self.fed(stage, data(b"b", due=0.3), end(0.4)))

    def test_a_timeout_of_zero_waits_for_ever_and_closes_when_it_is_removed(self):
        stage = self.stage("timeout")

        self.assertIsNone(stage.deadline)
        self.assertEqual([Event(5.0, Kind.CLOSE)], list(stage.remove(5.0)))

    def test_reset_peer_resets_after_the_first_bytes(self):
        stage = self.stage("reset_peer", timeout=20)

        self.assertEqual([(30, "RESET")], self.fed(stage, data(b"a", due=0.01), data(b"b"), end()))

    def test_reset_peer_resets_after_an_end(self):
        self.assertEqual([(0, "RESET")], self.fed(self.stage("reset_peer"), end()))

    def test_reset_peer_closes_what_was_open_before_it(self):
        self.assertEqual([(0, "CLOSE")], self.fed(self.stage("reset_peer", first=False), data(b"")))

    def test_limit_data_closes_with_the_last_byte_that_is_allowed(self):
        stage = self.stage("limit_data", bytes=5)

        out = self.fed(stage, data(b"abc"), data(b"def"), data(b"g"))

        self.assertEqual([(0, b"abc"), (0, b"de"), (0, "CLOSE")], out)

    def test_limit_data_of_zero_closes_at_the_first_byte(self):
        stage = self.stage("limit_data", bytes=0)

        self.assertEqual([(0, "CLOSE")], self.fed(stage, data(b"a")))

    def test_limit_data_lets_an_end_through(self):
        self.assertEqual([(0, "EOF")], self.fed(self.stage("limit_data", bytes=5), end()))


class SlicerTest(StageTest):
    def test_slices_have_their_size_and_the_delay_between_them(self):
        out = self.fed(self.stage("slicer", average_size=2, delay=500), data(b"abcde"), end())

        self.assertEqual([(0, b"ab"), (0.5, b"cd"), (1, b"e"), (1.5, "EOF")], out)

    def test_sizes_vary_within_their_bounds(self):
        out = self.fed(self.stage("slicer", average_size=10, size_variation=3), data(b"x" * 3000))

        self.assertEqual({*range(7, 13)}, {len(text) for _, text in out[:-1]})

    def test_where_a_slice_ends_does_not_depend_on_the_blocks(self):
        def edges(*sizes):
            stage = self.stage("slicer", average_size=10, size_variation=5)
            at, found = 0, set()
            for size in sizes:
                found |= {e.offset for e in stage.feed(data(b"x" * size, offset=at))} - {at}
                at += size
            return found

        whole = edges(1000)
        self.assertLessEqual(edges(333, 333, 334), whole)
        self.assertLessEqual(whole - {333, 666}, edges(333, 333, 334) | {333, 666})

    def test_a_size_of_zero_is_one(self):
        self.assertEqual([(0, b"a"), (0, b"b")], self.fed(self.stage("slicer"), data(b"ab")))


class NoopTest(StageTest):
    def test_it_changes_nothing(self):
        out = self.fed(self.stage("noop"), data(b"a"), end(0.5, Kind.RESET))

        self.assertEqual([(0, b"a"), (500, "RESET")], out)
