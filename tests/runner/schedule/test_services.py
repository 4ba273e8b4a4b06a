"""The keeper, as the coordinator sees it: here one that does what a test tells it."""

import unittest
from unittest import mock

from harness.runner.schedule.services import PATIENCE, Kept
from tests.runner.schedule.test_queue import CACHE, DATABASE, queue


class Keeper:
    """Notes what it is asked, and answers what it is told to.

    Args:
        answers: What it has to say, one after another; None: it has ended.
    """

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = []
        self.dead = False

    def send(self, **message):
        if self.dead:
            raise BrokenPipeError
        self.asked.append(message)

    def receive(self):
        return self.answers.pop(0)

    def gone(self):
        return self.dead

    def interrupt(self):
        self.asked.append("interrupt")

    def end(self, patience):
        self.asked.append(patience)


def ready(*services):
    return [{"event": "ready", "services": list(services)}]


class KeptTest(unittest.TestCase):
    def kept(self, *answers):
        self.keeper = Keeper(*answers)
        self.queue = queue(A=(3, DATABASE), B=(2, CACHE), C=1)
        kept = Kept(self.keeper, self.queue)
        kept.begin(["/here"], [*DATABASE["services"], *CACHE["services"], *CACHE["services"]])
        return kept

    def next(self):
        return self.queue.next().unit

    def test_it_is_told_once_what_to_start_and_work_waits_for_that(self):
        self.kept()
        cases = [("m:A", ["postgres-1", "redis-1"])]
        self.assertEqual([{"do": "keep", "path": ["/here"], "cases": cases}], self.keeper.asked)
        self.assertEqual(("C", None), (self.next(), self.queue.next()))

    def test_what_is_ready_is_handed_out(self):
        kept = self.kept(ready("redis-1"))
        self.assertTrue(kept.hear())
        self.assertEqual((["redis-1"], "B", "C"), ([*kept.ready], self.next(), self.next()))

    def test_nothing_waits_for_a_keeper_that_has_ended(self):
        kept = self.kept(None)
        self.assertFalse(kept.hear())
        self.assertEqual(("A", {}), (self.next(), kept.ready))

        kept = self.kept()
        self.assertFalse(kept.look())
        self.keeper.dead = True
        self.assertTrue(kept.look())
        self.assertEqual("A", self.next())
        self.assertFalse(kept.look())
        kept.end(5)

    def test_nothing_waits_for_ever(self):
        kept = self.kept()
        with mock.patch("harness.runner.schedule.services.time") as time:
            time.monotonic.return_value = kept._began + PATIENCE + 1
            self.assertTrue(kept.look())
        self.assertEqual("A", self.next())

    def test_at_the_end_it_is_interrupted_where_it_has_not_told_all(self):
        kept = self.kept(ready("redis-1", "postgres-1"))
        kept.hear()
        kept.end(7)
        self.assertEqual([{"do": "end"}, 7], self.keeper.asked[1:])

        kept = self.kept()
        kept.end(7)
        self.assertEqual([{"do": "end"}, "interrupt", 7], self.keeper.asked[1:])
