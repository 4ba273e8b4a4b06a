"""What is handed out next: the longest that can be done now, and nothing waits for ever."""

import random
import unittest

from harness.runner.schedule.queue import PATIENCE, Schedule
from harness.runner.schedule.resources import MEMORY, Limits
from harness.runner.schedule.simulation import Fleet, end_of
from tests.runner.schedule.making import estimates

GPU = {"exclusive": ["gpu"]}
DATABASE = {"services": [["postgres-1", "postgres", "m:A"]]}
CACHE = {"services": [["redis-1", "redis", "m:A"]]}


def queue(limits=None, by_duration=True, **units):
    """Return a queue with one work for each unit."""
    known = estimates(**units)
    made = Schedule(known, limits, by_duration=by_duration)
    made.add(job.work for job in known.jobs())
    return made


class QueueTest(unittest.TestCase):
    def taken(self, made, workers=1):
        """Return the units that are handed out to workers in turn, until there is none."""
        units = []
        while (work := made.next(len(units) % workers)) is not None:
            units.append(work.unit)
        return units

    def test_the_longest_is_the_first(self):
        made = queue(A=1, B=3, C=2)
        self.assertEqual((3, ["B", "C", "A"], 0), (len(made), self.taken(made), len(made)))

    def test_the_order_is_kept_where_it_is_not_the_durations(self):
        self.assertEqual(["A", "B", "C"], self.taken(queue(by_duration=False, A=1, B=3, C=2)))

    def test_what_is_urgent_comes_first_whatever_the_order(self):
        for by_duration, order in ((True, ["A", "B", "C"]), (False, ["A", "B", "C"])):
            known = estimates(B=3, A=1, C=2)
            made = Schedule(known, by_duration=by_duration, urgent={"A.test"})
            made.add(job.work for job in known.jobs())
            self.assertEqual(order, self.taken(made))

    def test_what_was_put_back_is_the_next(self):
        made = queue(A=1, B=3, C=2)
        work = made.next()
        made.put_back([work])
        made.done(work)
        self.assertEqual(["B", "C", "A"], self.taken(made))

    def test_two_that_need_one_thing_are_never_out_together(self):
        made = queue(A=(3, GPU), B=(2, GPU), C=(1, {"exclusive": ["gpu", "tpu"]}), D=1)
        first = made.next()
        self.assertEqual(("A", ["D"]), (first.unit, self.taken(made)))
        made.done(first)
        second = made.next()
        self.assertEqual(("B", None), (second.unit, made.next()))
        made.done(second)
        self.assertEqual("C", made.next().unit)

    def test_a_class_that_names_a_thing_twice_runs(self):
        self.assertEqual(["A"], self.taken(queue(A=(1, {"exclusive": ["gpu", "gpu"]}))))

    def test_memory_is_never_exceeded_and_what_needs_more_than_there_is_runs_alone(self):
        big = {"memory": 4000}
        made = queue(Limits(1000), A=(9, big), B=(3, {"memory": 600}), C=(2, {"memory": 400}), D=1)
        first = made.next()
        self.assertEqual(("A", ["D"]), (first.unit, self.taken(made)))
        made.done(first)
        self.assertEqual(["B", "C"], self.taken(made))

    def test_any_amount_of_memory_may_be_used_where_no_limit_is_known(self):
        made = queue(A=(2, {"memory": 4000}), B=(1, {"memory": 4000}))
        self.assertEqual(["A", "B"], self.taken(made))

    def test_what_needs_much_is_not_passed_over_for_ever(self):
        small = {f"S{n}": (1, {"memory": 500}) for n in range(9)}
        big = {"memory": 1000}
        made = queue(Limits(1000), A=(9, {"memory": 500}), Big=(5, big), **small)
        held, taken = made.next(), []
        while (work := made.next()) is not None:
            taken.append(work.unit)
            made.done(work)
        self.assertEqual(PATIENCE, len(taken))
        made.done(held)
        self.assertEqual("Big", made.next().unit)

    def test_what_shares_one_thing_and_would_end_last_begins_first(self):
        made = queue(**{f"G{n}": (1, GPU) for n in range(8)}, A=4, B=4)
        self.assertEqual("G0", made.next().unit)
        self.assertEqual(["A", "B"], self.taken(made))

    def test_classes_whose_services_are_ready_come_first(self):
        made = queue(A=(3, DATABASE), B=(2, CACHE), C=1)
        made.wait_for(["postgres-1", "redis-1"])
        self.assertEqual(["C"], self.taken(made))
        made.ready(["redis-1"])
        self.assertEqual(["B"], self.taken(made))
        self.assertEqual({"postgres-1"}, set(made.awaited))
        made.ready(["postgres-1", "never-heard-of"])
        self.assertEqual(["A"], self.taken(made))

    def test_a_service_is_used_by_no_more_workers_than_it_can_take(self):
        made = queue(Limits(workers={"redis": 1}), A=(4, CACHE), B=(3, CACHE), C=2, D=1)
        first = made.next(7)
        self.assertEqual(("A", "C"), (first.unit, made.next(8).unit))
        made.done(first)
        self.assertEqual(("D", "B", None), (made.next(8).unit, made.next(7).unit, made.next(8)))

    def test_where_a_worker_has_ended_another_one_may_use_the_service(self):
        made = queue(Limits(workers={"redis": 1}), A=(4, CACHE), B=1)
        self.assertEqual(("A", "B", None), (made.next(7).unit, made.next(8).unit, made.next(8)))
        made.put_back([estimates(A=(4, CACHE)).of_unit("A").work])
        made.left(7)
        self.assertEqual("A", made.next(8).unit)

    def test_a_class_that_needs_two_scarce_services_has_somebody_who_may_use_both(self):
        both = {"services": [*DATABASE["services"], *CACHE["services"]]}
        made = queue(
            Limits(workers={"redis": 1, "postgres": 2}),
            A=(9, DATABASE),
            B=(8, CACHE),
            C=(1, both),
        )
        spans = Fleet(3, made, lambda work: 1.0).run()
        self.assertEqual({"A", "B", "C"}, {span.work.unit for span in spans})


class RandomTest(unittest.TestCase):
    """Random suites on a simulated fleet: all is done, and nothing is used twice at a time."""

    def suite(self, rng):
        facts = [
            {},
            GPU,
            {"exclusive": ["gpu", "disk"]},
            {"memory": 300},
            {"memory": 1500},
            DATABASE,
            {**CACHE, "memory": 400},
            {**CACHE, "exclusive": ["disk"]},
        ]
        return {
            f"U{number}": (rng.uniform(0.1, 5), rng.choice(facts))
            for number in range(rng.randint(1, 25))
        }

    def test_all_is_done_once_and_no_limit_is_exceeded(self):
        rng = random.Random(5)
        for _ in range(60):
            units, workers = self.suite(rng), rng.randint(1, 5)
            limits = Limits(1000, {"redis": rng.randint(1, 3)})
            known = estimates(**units)
            made = queue(limits, rng.random() < 0.7, **units)
            ready = {"postgres-1": rng.uniform(0, 9), "redis-1": 1.0}
            spans = Fleet(workers, made, lambda work, k=known: k.of(work).total, ready).run()
            self.assertCountEqual(units, [span.work.unit for span in spans])
            self.check(spans, units, limits, ready)

    def check(self, spans, units, limits, ready):
        used_by = {span.worker for span in spans if "redis-1" in str(units[span.work.unit])}
        self.assertLessEqual(len(used_by), limits.workers["redis"])
        for span in spans:
            needs = estimates(**units).of(span.work).needs
            self.assertTrue(all(span.began >= ready[name] for name in needs.services))
            together = [
                estimates(**units).of(each.work).needs
                for each in spans
                if each.began <= span.began < each.ended
            ]
            for name in ("gpu", "disk", MEMORY):
                amounts = [
                    min(much, limits.of(name))
                    for n in together
                    for k, much in n.amounts
                    if k == name
                ]
                self.assertLessEqual(sum(amounts), limits.of(name))

    def test_a_worker_that_is_idle_could_not_have_done_more(self):
        rng = random.Random(6)
        for _ in range(40):
            units = {f"U{n}": rng.uniform(0.1, 5) for n in range(rng.randint(1, 20))}
            workers = rng.randint(1, 4)
            known = estimates(**units)
            spans = Fleet(workers, queue(**units), lambda work, k=known: k.of(work).total).run()
            total, longest = sum(units.values()), max(units.values())
            self.assertLessEqual(
                end_of(spans), total / workers + longest * (1 - 1 / workers) + 1e-9
            )
