"""Toxics one after another, and which of them act on a connection."""

import unittest

from harness.faults.engine.chain import Chain, Toxic
from harness.faults.engine.draws import Draws
from harness.faults.engine.events import Event, Kind


def latency(name="latency_downstream", toxicity=1.0, ms=100):
    return Toxic(name, "latency", "downstream", toxicity, {"latency": ms, "jitter": 0})


def limit(count):
    return Toxic("limit", "limit_data", attributes={"bytes": count})


def chain(*toxics, seed=1, ordinal=0):
    return Chain(lambda name: Draws.of(seed, ordinal, name), 0.0, toxics)


def data(text, due=0.0):
    return Event(due, Kind.DATA, text, due)


class OrderTest(unittest.TestCase):
    def test_without_toxics_all_goes_on_at_once(self):
        event = data(b"a")

        self.assertEqual([event], chain().feed(event))

    def test_toxics_act_in_their_order(self):
        slow = Toxic("slow", "bandwidth", attributes={"rate": 1})

        out = chain(slow, limit(150)).feed(data(b"x" * 300))

        self.assertEqual(
            [(0.1, 100), (0.2, 50), (0.2, 0)], [(round(e.due, 6), len(e.data)) for e in out]
        )

    def test_nothing_follows_the_end_of_the_connection(self):
        cut = chain(limit(1))

        self.assertEqual([Kind.DATA, Kind.CLOSE], [e.kind for e in cut.feed(data(b"ab"))])
        self.assertEqual([], cut.feed(data(b"c")))
        self.assertEqual([], cut.feed(Event(1.0, Kind.RESET)))

    def test_what_one_closes_the_next_one_may_close_slowly(self):
        slow = Toxic("slow", "slow_close", attributes={"delay": 500})

        out = chain(limit(1), slow).feed(data(b"a"))

        self.assertEqual([(0.0, Kind.DATA), (0.5, Kind.CLOSE)], [(e.due, e.kind) for e in out])

    def test_a_deadline_goes_through_those_behind(self):
        timeout = Toxic("timeout", "timeout", attributes={"timeout": 200})
        slow = Toxic("slow", "slow_close", attributes={"delay": 500})
        both = chain(timeout, slow)

        self.assertEqual(0.2, both.deadline)
        self.assertEqual([], both.expire(0.1))
        self.assertEqual([(0.7, Kind.CLOSE)], [(e.due, e.kind) for e in both.expire(0.2)])
        self.assertIsNone(both.deadline)


class ChangeTest(unittest.TestCase):
    def test_a_toxic_that_is_added_acts_from_then_on(self):
        changing = chain()
        changing.change([latency()], 1.0)

        self.assertEqual(1.1, changing.feed(data(b"a", 1.0))[0].due)

    def test_one_that_is_removed_acts_no_more(self):
        toxic = latency()
        changing = chain(toxic)
        changing.feed(data(b"a"))

        self.assertEqual([], changing.change([], 0.01))
        self.assertEqual(0.02, changing.feed(data(b"b", 0.02))[0].due)

    def test_one_that_is_altered_acts_as_it_is_now(self):
        toxic = latency()
        changing = chain(toxic)
        toxic.attributes["latency"] = 7
        changing.change([toxic], 0.0)

        self.assertEqual(0.007, changing.feed(data(b"a"))[0].due)

    def test_what_it_has_counted_stays_counted(self):
        toxic = limit(3)
        changing = chain(toxic)
        changing.feed(data(b"ab"))
        changing.change([toxic, latency()], 0.0)

        self.assertEqual([b"c", b""], [e.data for e in changing.feed(data(b"cd"))])

    def test_a_timeout_that_is_removed_closes_the_connection(self):
        changing = chain(Toxic("timeout", "timeout", attributes={"timeout": 0}))

        self.assertEqual([Kind.CLOSE], [e.kind for e in changing.change([], 3.0)])
        self.assertEqual([], changing.feed(data(b"a", 4.0)))


class ToxicityTest(unittest.TestCase):
    def acting(self, toxicity, **key):
        return [bool(chain(latency(toxicity=toxicity), ordinal=n, **key).stages) for n in ORDINALS]

    def test_none_and_all(self):
        self.assertFalse(any(self.acting(0.0)))
        self.assertTrue(all(self.acting(1.0)))

    def test_a_share_of_the_connections_is_hit(self):
        self.assertAlmostEqual(0.3, sum(self.acting(0.3)) / len(ORDINALS), delta=0.1)

    def test_the_same_seed_and_ordinal_are_hit_again(self):
        self.assertEqual(self.acting(0.5), self.acting(0.5))

    def test_another_seed_is_another_choice(self):
        self.assertNotEqual(self.acting(0.5), self.acting(0.5, seed=2))

    def test_who_was_hit_stays_so_when_more_are(self):
        few, many = self.acting(0.2), self.acting(0.6)

        self.assertTrue(all(more for less, more in zip(few, many, strict=True) if less))

    def test_toxics_of_one_connection_are_drawn_apart(self):
        drawn = {Draws.of(1, 0, name).fraction() for name in ("a", "b", "c")}

        self.assertEqual(3, len(drawn))


ORDINALS = range(200)
