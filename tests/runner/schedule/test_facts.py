"""What test classes say of what they need."""

import tempfile
import unittest
from pathlib import Path

from harness import Environment, HarnessTestCase, Process, Redis, SQLite
from harness.errors import ConfigurationError
from harness.runner.ledger import UnitAccount
from harness.runner.schedule.estimates import Estimates
from harness.runner.schedule.facts import facts_of
from harness.runner.schedule.known import Known
from harness.runner.schedule.memory import available
from harness.runner.schedule.services import worth_keeping


def case(base=unittest.TestCase, **attributes):
    return type("ATest", (base,), {"environment": Environment(providers="embedded"), **attributes})


class FactsTest(unittest.TestCase):
    def test_what_a_class_needs_is_told(self):
        gpu, both = case(exclusive="gpu"), case(exclusive=("gpu", "disk"), memory=512)
        self.assertEqual({}, facts_of([case()]))
        self.assertEqual({"exclusive": ["gpu"]}, facts_of([gpu]))
        self.assertEqual({"exclusive": ["disk", "gpu"], "memory": 512.0}, facts_of([gpu, both]))

    def test_a_class_may_say_that_it_is_not_to_be_divided(self):
        self.assertEqual({"divisible": False}, facts_of([case(divisible=False), case()]))
        self.assertEqual({}, facts_of([case(divisible=True), case(divisible=object())]))

    def test_attributes_of_a_foreign_class_that_mean_something_else_are_its_own(self):
        for value in True, object(), 1.5, [3], b"gpu":
            self.assertEqual({}, facts_of([case(exclusive=value)]))
        for value in True, object(), "512", -1, float("nan"):
            self.assertEqual({}, facts_of([case(memory=value)]))

    def test_attributes_of_ours_that_cannot_be_meant_are_refused(self):
        with self.assertRaises(ConfigurationError) as caught:
            facts_of([case(HarnessTestCase, memory="512")])
        self.assertIn(
            ".ATest.memory = '512': expected a number of MiB, such as", str(caught.exception)
        )
        with self.assertRaises(ConfigurationError) as caught:
            facts_of([case(HarnessTestCase, exclusive=3)])
        self.assertIn(".exclusive = 3: expected a name, or several, such as", str(caught.exception))
        self.assertIn("give what is meant by something else another name", str(caught.exception))

    def test_a_service_may_be_called_as_it_likes(self):
        self.assertEqual({}, facts_of([case(HarnessTestCase, memory=SQLite())]))

    def test_services_that_processes_share_are_told_by_a_name_that_is_the_same_for_equal_ones(self):
        program, other = Process(["sleep", "9"]), Process(["sleep", "8"])
        one = facts_of([case(HarnessTestCase, program=program, cache=Redis())])["services"]
        same = facts_of([case(HarnessTestCase, again=Process(["sleep", "9"]))])["services"]
        also = facts_of([case(HarnessTestCase, other=other)])["services"]
        kinds = {kind: name for name, kind, _ in one}
        self.assertEqual({"process", "redis"}, set(kinds))
        self.assertEqual([kinds["process"]], [name for name, _, _ in same])
        self.assertNotIn(also[0][0], kinds.values())
        self.assertEqual(f"{__name__}:ATest", one[0][2])

    def test_what_is_a_class_s_own_or_runs_in_the_process_is_not_worth_to_be_started_early(self):
        own = Process(["sleep", "9"], exclusive=True)
        self.assertEqual({}, facts_of([case(HarnessTestCase, own=own, lite=SQLite())]))

    def test_services_are_kept_where_something_can_run_meanwhile(self):
        needing = UnitAccount("A", ("a",), {"services": [["redis-1", "redis", "m:A"]]})
        plain = UnitAccount("B", ("b",))

        def worth(units, most=8, **seconds):
            return worth_keeping(units, Estimates(units, Known(seconds)), most)

        self.assertEqual([], worth([needing], a=9))
        self.assertEqual([], worth([plain], b=9))
        self.assertEqual([], worth([plain, needing], a=9, b=0.1))
        self.assertEqual([["redis-1", "redis", "m:A"]], worth([plain, needing], a=0.1, b=0.6))
        self.assertEqual([], worth([plain, needing], most=0, a=0.1, b=0.6))

    def test_of_many_services_those_are_kept_that_the_longest_tests_need(self):
        units = [
            UnitAccount(str(n), (f"{n}.a",), {"services": [[f"redis-{n}", "redis", f"m:A{n}"]]})
            for n in range(9)
        ]
        estimates = Estimates(units, Known({f"{n}.a": 1.0 + n for n in range(9)}))
        kept = [name for name, *_ in worth_keeping(units, estimates, 2)]
        self.assertEqual(["redis-7", "redis-8"], kept)


class MemoryTest(unittest.TestCase):
    def setUp(self):
        self.groups = Path(self.enterContext(tempfile.TemporaryDirectory()))
        (self.groups / "a" / "b").mkdir(parents=True)
        self.own = self.groups / "own"
        self.own.write_text("12:cpu:/x\n0::/a/b\n")

    def limit(self, where, text):
        (self.groups / where / "memory.max").write_text(text)

    def test_the_tightest_limit_of_the_groups_around_a_process_counts(self):
        self.limit("a", "104857600\n")
        self.limit("a/b", "209715200\n")
        self.assertEqual(100.0, available(self.groups, self.own))

    def test_without_a_limit_it_is_the_memory_of_the_machine(self):
        self.limit("a/b", "max\n")
        machine = available(self.groups, self.groups / "nowhere")
        self.assertGreater(machine, 100)
        self.assertEqual(machine, available(self.groups, self.own))
