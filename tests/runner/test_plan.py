"""In which order a run goes about its tests, and which of them it leaves out."""

import unittest

from harness.runner.ledger import UnitAccount
from harness.runner.options import SHUFFLE, Options
from harness.runner.plan import planned, with_failures
from harness.runner.units import Unit, units_of


def units(*, whole=False):
    """Return two classes of two tests each, and a module of two classes."""
    facts = {"whole": True} if whole else {}
    modules = ("m.CTest.test_a", "m.CTest.test_b", "m.DTest.test_a", "m.DTest.test_b")
    return [
        UnitAccount("t.ATest", ("t.ATest.test_a", "t.ATest.test_b")),
        UnitAccount("t.BTest", ("t.BTest.test_a", "t.BTest.test_b"), facts),
        UnitAccount("m", modules, facts),
    ]


def short(works):
    """Return tests by their class's letter and their own, work for work."""
    return [" ".join(f"{name[2]}{name[-1]}" for name in work.tests) for work in works]


class ClassesTest(unittest.TestCase):
    def test_those_of_one_name_are_told_apart_and_names_of_methods_may_hold_anything(self):
        class Case(unittest.TestCase):
            pass

        def made():
            return type("Made", (Case,), {f"test_v{n}.{n}": lambda self: None for n in range(8)})

        one, other = made(), made()
        loaded = unittest.TestSuite(
            map(unittest.defaultTestLoader.loadTestsFromTestCase, (one, other))
        )
        (unit,) = units_of(loaded)
        facts = {"classes": unit.classes}
        for options in (
            *(Options(order=SHUFFLE, seed=seed) for seed in range(5)),
            Options(failed_first=True, failed=frozenset(unit.names[3:16:4])),
        ):
            with self.subTest(options.seed):
                (work,) = planned([UnitAccount(unit.key, tuple(unit.names), facts)], options)
                kinds = [unit.names.index(name) // 8 for name in work.tests]
                self.assertIn(kinds, [[0] * 8 + [1] * 8, [1] * 8 + [0] * 8])
                self.assertNotEqual(tuple(unit.names), work.tests)

    def test_they_are_not_told_where_names_tell_them(self):
        names = ["m.CTest.test_a", "m.CTest.test_b", "m.DTest.test_a"]
        kinds = [type("C", (unittest.TestCase,), {"runTest": print}) for _ in range(2)]
        unit = Unit("m", [kinds[0](), kinds[0](), kinds[1]()], names=names)
        self.assertEqual({}, unit.classes)


class FailedTest(unittest.TestCase):
    def plan(self, *failed, **options):
        return short(planned(units(), Options(failed=frozenset(failed), **options)))

    def test_what_has_failed_comes_first_and_classes_stay_together(self):
        failed = "m.DTest.test_b", "t.BTest.test_b"

        self.assertEqual(["Bb Ba", "Db Da Ca Cb", "Aa Ab"], self.plan(*failed, failed_first=True))

    def test_so_it_does_in_a_shuffled_order_too(self):
        for seed in range(5):
            plan = self.plan("t.BTest.test_b", failed_first=True, order=SHUFFLE, seed=seed)
            self.assertEqual("Bb Ba", plan[0])
            self.assertEqual(3, len(plan))

    def test_only_what_has_failed_is_meant_where_that_is_asked_for(self):
        failed = {"m.DTest.test_b", "t.BTest.test_b", "t.Gone.test_a"}

        self.assertEqual({"m.DTest.test_b", "t.BTest.test_b"}, with_failures(units(), failed))
        self.assertEqual(set(), with_failures(units(), {"t.Gone.test_a"}))

    def test_a_suite_that_runs_as_a_whole_is_meant_as_a_whole(self):
        found = with_failures(units(whole=True), {"m.DTest.test_b", "t.ATest.test_a"})

        self.assertEqual({"t.ATest.test_a", *units()[2].tests}, found)
