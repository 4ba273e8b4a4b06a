"""What `harness run` does with suites of unittest, and what becomes of a worker that dies."""

import itertools
import re
import signal

import junitparser

from tests.runner.suites import RunnerTest

NOTE = "open('ran', 'a').write(self.id() + chr(10))"
THREE = f"""
class ATest(unittest.TestCase):
    def test_a(self):
        {NOTE}

    def test_b(self):
        {NOTE}


class BTest(unittest.TestCase):
    def test_c(self):
        {NOTE}
"""
KINDS = """
class KindsTest(unittest.TestCase):
    def test_error(self):
        raise ValueError("what")

    def test_fails(self):
        self.assertEqual(1, 2)

    @unittest.expectedFailure
    def test_fails_as_expected(self):
        self.fail()

    @unittest.expectedFailure
    def test_passes_unexpectedly(self):
        pass

    @unittest.skip("not today")
    def test_skipped(self):
        pass

    def test_parts(self):
        for number in range(3):
            with self.subTest(number=number):
                self.assertNotEqual(1, number)
"""


class RunTest(RunnerTest):
    def test_every_test_runs_once_in_one_process_and_in_several(self):
        self.write(test_three=THREE)
        for workers in "1", "2", "auto":
            with self.subTest(workers):
                text = self.run_suite("-n", workers)
                self.assertEqual("3 passed, 0 failed, 0 skipped", self.last_line(text))
                names = ["ATest.test_a", "ATest.test_b", "BTest.test_c"]
                self.assertEqual([f"test_three.{name}" for name in names], self.ran())
                (self.root / "ran").unlink()

    def test_names_and_patterns_choose(self):
        self.write(test_three=THREE)
        for chosen, count in (
            (["test_three.ATest"], 2),
            (["test_three.ATest.test_b", "test_three.BTest"], 2),
            (["-k", "test_c"], 1),
            (["-k", "*.ATest.*"], 2),
            (["-p", "test_th*.py"], 3),
        ):
            with self.subTest(chosen):
                text = self.run_suite(*chosen)
                self.assertEqual(f"{count} passed, 0 failed, 0 skipped", self.last_line(text))

    def test_each_kind_of_outcome_is_counted_and_shown(self):
        self.write(test_kinds=KINDS)
        text = self.run_suite("-n", "2", code=1)
        self.assertEqual("0 passed, 4 failed, 1 skipped, 1 expected to fail", self.last_line(text))
        self.assertIn("\nERROR: test_kinds.KindsTest.test_error\nTraceback", text)
        self.assertIn("ValueError: what", text)
        self.assertIn("\nFAILED: test_kinds.KindsTest.test_fails\n", text)
        self.assertIn("(number=1)", text)
        self.assertIn("UNEXPECTED SUCCESS: test_kinds.KindsTest.test_passes_unexpectedly", text)

    def order_of(self, *arguments):
        """Run three classes of three tests, and return in which order they ran, and the seed."""
        tests = "".join(f"    def test_{name}(self):\n        {NOTE}\n" for name in "abc")
        classes = [f"class {name}Test(unittest.TestCase):\n{tests}\n" for name in "ABC"]
        self.write(test_order="\n".join(classes))
        (self.root / "ran").unlink(missing_ok=True)
        text = self.run_suite(*arguments)
        self.assertEqual("9 passed, 0 failed, 0 skipped", self.last_line(text))
        ran = [name.split(".", 1)[1] for name in (self.root / "ran").read_text().split()]
        return ran, re.search(r"^harness: seed (\d+) ", text, re.MULTILINE)[1]

    def test_a_shuffled_order_keeps_classes_together_and_follows_from_the_seed(self):
        defined, _ = self.order_of()
        self.assertEqual([f"{c}Test.test_{n}" for c in "ABC" for n in "abc"], defined)

        first, seed = self.order_of("--order", "shuffle")
        again, same = self.order_of("--order", "shuffle", "--seed", seed)
        self.assertEqual((first, seed), (again, same))
        self.assertEqual(sorted(defined), sorted(first))
        self.assertEqual(3, len(list(itertools.groupby(first, lambda name: name[0]))))
        orders = {tuple(self.order_of("--order", "shuffle", "--seed", n)[0]) for n in "1234"}
        self.assertGreater(len(orders), 2)

    def test_all_processes_draw_from_one_seed(self):
        self.write(
            test_seed="""
            from harness import HarnessTestCase

            def note(case):
                open("ran", "a").write(f"{case.id()}={case.rng.random()}\\n")

            class ATest(HarnessTestCase):
                def test_a(self):
                    note(self)

            class BTest(HarnessTestCase):
                def test_b(self):
                    note(self)
            """
        )
        drawn = []
        for workers in "1", "2":
            text = self.run_suite("-n", workers, "--seed", "7")
            self.assertEqual(1, text.count("harness: seed 7 "), text)
            drawn.append(self.ran())
            (self.root / "ran").unlink()
        self.assertEqual(*drawn)

    def test_what_several_processes_have_to_say_is_said_once(self):
        classes = "".join(
            f"""
class Uses{n}Test(HarnessTestCase):
    db = SQLite()

    def test_it(self):
        self.assertEqual([], self.db.table_names())
"""
            for n in range(6)
        )
        self.write(test_uses=f"from harness import HarnessTestCase, SQLite\n{classes}")
        text = self.run_suite("-n", "2")
        self.assertEqual("6 passed, 0 failed, 0 skipped", self.last_line(text))
        self.assertEqual(1, text.count("harness: sqlite on "), text)

    def test_nothing_to_run_has_an_exit_code_of_its_own(self):
        text = self.run_suite(code=5)
        self.assertEqual("0 passed, 0 failed, 0 skipped", self.last_line(text))
        self.assertTrue(text.endswith("\nharness: there were no tests to run\n"), text)

    def test_a_module_that_cannot_be_imported_is_a_test_that_fails(self):
        self.write(test_three=THREE, test_broken="import nowhere\n")
        text = self.run_suite("-n", "2", code=1)
        self.assertEqual("3 passed, 1 failed, 0 skipped", self.last_line(text))
        self.assertIn("No module named 'nowhere'", text)

    def test_one_test_that_is_there_twice_runs_twice(self):
        self.write(
            test_twice=f"""
            class ATest(unittest.TestCase):
                def test_a(self):
                    {NOTE}

            def load_tests(loader, tests, pattern):
                return unittest.TestSuite([tests, tests])
            """
        )
        text = self.run_suite("-v")
        self.assertIn("test_twice.ATest.test_a ... passed", text)
        self.assertIn("test_twice.ATest.test_a#2 ... passed", text)
        self.assertEqual(2, len(self.ran()))

    def test_what_a_test_holds_goes_with_it_as_under_unittest(self):
        self.write(
            test_big="""
            import gc, weakref

            class Big:
                pass

            class BigTest(unittest.TestCase):
                def test_a(self):
                    self.big = Big()
                    type(self).ref = weakref.ref(self.big)

                def test_b(self):
                    gc.collect()
                    self.assertIsNone(self.ref())
            """
        )
        self.run_suite()
        self.run_suite("--repeat", "2", code=1)  # for which it is kept

    def test_warnings_are_shown_as_unittest_shows_them(self):
        self.write(
            test_old="""
            import warnings

            class OldTest(unittest.TestCase):
                def test_it(self):
                    warnings.warn("do not use it", DeprecationWarning)
            """
        )
        self.assertIn("DeprecationWarning: do not use it", self.run_suite())

    def test_a_wrong_number_of_processes_is_refused(self):
        for given in ("many", "0", "1001", "9" * 5000):
            text = self.run_suite("-n", given, code=2)
            self.assertEqual(
                f"harness: -n {given}: expected a number of processes, from 1 to 1000\n"
                "  next: write -n 4, or -n auto\n",
                text,
            )

    def test_what_a_test_prints_is_shown_with_its_failure_alone_where_it_is_buffered(self):
        self.write(
            test_loud="""
            class LoudTest(unittest.TestCase):
                def test_fails(self):
                    print("why it fails")
                    self.fail()

                def test_passes(self):
                    print("of no interest")
            """
        )
        text = self.run_suite("-b", code=1)
        self.assertIn("why it fails", text)
        self.assertNotIn("of no interest", text)

    def test_the_first_failure_stops_the_run_where_that_is_asked_for(self):
        self.write(
            test_many=f"""
            class ATest(unittest.TestCase):
                def test_a(self):
                    self.fail()

                def test_b(self):
                    {NOTE}

            class BTest(unittest.TestCase):
                def test_c(self):
                    {NOTE}
            """
        )
        text = self.run_suite("-f", code=1)
        self.assertIn("0 passed, 1 failed, 0 skipped, 2 not run", self.last_line(text))
        self.assertFalse((self.root / "ran").exists())


class JUnitTest(RunnerTest):
    def test_a_report_holds_every_test_with_what_became_of_it(self):
        self.write(
            test_kinds=KINDS,
            test_odd="""
            class OddTest(unittest.TestCase):
                def test_odd(self):
                    self.fail("\\x00 \\ud800 \\u2603")

                def test_death(self):
                    os._exit(1)
            """,
        )
        self.run_suite("--junit", "report.xml", "-n", "2", code=1)

        report = junitparser.JUnitXml.fromfile(str(self.root / "report.xml"))
        found = {
            case.name: [type(result).__name__ for result in case.result]
            for suite in report
            for case in suite
        }
        self.assertEqual(
            {
                "test_error": ["Error"],
                "test_fails": ["Failure"],
                "test_fails_as_expected": [],
                "test_parts": ["Failure"],
                "test_passes_unexpectedly": ["Failure"],
                "test_skipped": ["Skipped"],
                "test_odd": ["Failure"],
                "test_death": ["Error"],
            },
            found,
        )
        self.assertEqual(
            (8, 4, 2, 1), (report.tests, report.failures, report.errors, report.skipped)
        )
        text = (self.root / "report.xml").read_text(encoding="utf-8")
        self.assertIn("AssertionError: \\x00 \\xd800 ☃", text)
        self.assertIn('message="ValueError: what"', text)


class FixturesTest(RunnerTest):
    def test_classes_and_modules_have_their_fixtures_once(self):
        self.write(
            test_fixtures="""
            def note(text):
                open("ran", "a").write(text + "\\n")

            def setUpModule():
                note("module")

            class ATest(unittest.TestCase):
                @classmethod
                def setUpClass(cls):
                    note("class")

                def test_a(self):
                    note("a")

                def test_b(self):
                    note("b")

            class BTest(unittest.TestCase):
                def test_c(self):
                    note("c")
            """
        )
        self.run_suite("-n", "2")
        self.assertEqual(["a", "b", "c", "class", "module"], self.ran())

    def test_tests_of_a_class_that_cannot_be_set_up_are_reported_with_what_has_blocked_them(self):
        self.write(
            test_blocked="""
            class ATest(unittest.TestCase):
                @classmethod
                def setUpClass(cls):
                    raise OSError("no server")

                def test_a(self):
                    pass

                def test_b(self):
                    pass

            class BTest(unittest.TestCase):
                @classmethod
                def setUpClass(cls):
                    raise unittest.SkipTest("no Docker")

                def test_c(self):
                    pass
            """
        )
        text = self.run_suite(code=1)
        self.assertEqual("0 passed, 2 failed, 1 skipped, 1 fixture failed", self.last_line(text))
        self.assertEqual(1, text.count("OSError: no server"))
        fixture = "setUpClass (test_blocked.ATest)"
        self.assertIn(f"\n\nBLOCKED: 2 tests of test_blocked.ATest\n{fixture}\n", text)
        self.assertIn(f"\nerror: {fixture}, blocks 2 tests\n0 passed", text)

    def test_no_fixture_is_taken_for_a_test_that_has_gone(self):
        self.write(
            test_many="""
            def case(number):
                class Case(unittest.TestCase):
                    @classmethod
                    def setUpClass(cls):
                        raise OSError("no server")

                    def test_a(self):
                        pass

                    def test_b(self):
                        pass

                Case.__name__ = Case.__qualname__ = f"C{number}Test"
                return Case

            for number in range(50):
                globals()[f"C{number}Test"] = case(number)
            """
        )
        text = self.run_suite(code=1)
        self.assertEqual(
            "0 passed, 100 failed, 0 skipped, 50 fixtures failed", self.last_line(text)
        )

    def test_load_tests_and_suites_of_another_kind_are_kept_as_they_are(self):
        self.write(
            test_suites="""
            class Noting(unittest.TestSuite):
                def run(self, result, debug=False):
                    open("ran", "a").write("suite\\n")
                    return super().run(result, debug)

            class ATest(unittest.TestCase):
                def test_a(self):
                    pass

                def test_b(self):
                    pass

            def load_tests(loader, tests, pattern):
                return Noting([ATest("test_b"), ATest("test_a")])
            """
        )
        text = self.run_suite("-n", "2", "-v")
        self.assertEqual(["suite"], self.ran())
        self.assertLess(text.index("test_b ... passed"), text.index("test_a ... passed"))

    def test_two_tests_of_one_name_are_two_in_all_that_is_told(self):
        self.write(
            test_twice="""
            class ATest(unittest.TestCase):
                number = 1

                def test_a(self):
                    self.assertEqual(1, self.number)

            def load_tests(loader, tests, pattern):
                one, other = ATest("test_a"), ATest("test_a")
                other.number = 2
                return unittest.TestSuite([one, other, one])
            """
        )
        text = self.run_suite("-v", "--rerun-failed", "1", "--junit", "report.xml", code=1)
        self.assertEqual("2 passed, 1 failed, 0 skipped", self.last_line(text))
        self.assertIn("test_twice.ATest.test_a ... passed", text)
        self.assertEqual(2, text.count("test_twice.ATest.test_a#2 ... failed"))
        self.assertIn("test_twice.ATest.test_a#3 ... passed", text)
        report = junitparser.JUnitXml.fromfile(str(self.root / "report.xml"))
        found = {case.name: bool(case.result) for suite in report for case in suite}
        self.assertEqual({"test_a": False, "test_a#2": True, "test_a#3": False}, found)

    def test_one_test_that_a_suite_of_its_own_holds_twice_is_one(self):
        self.write(
            test_twice="""
            class Suite(unittest.TestSuite):
                pass

            class ATest(unittest.TestCase):
                def test_a(self):
                    pass

            def load_tests(loader, tests, pattern):
                test = ATest("test_a")
                return Suite([test, test])
            """
        )
        text = self.run_suite("-v")
        self.assertEqual("1 passed, 0 failed, 0 skipped", self.last_line(text))


class DeathTest(RunnerTest):
    def test_a_worker_that_dies_loses_the_test_it_was_in_and_no_other(self):
        for death, how in (
            ("os.kill(os.getpid(), signal.SIGKILL)", "SIGKILL"),
            ("os._exit(7)", "exit code 7"),
            ("os._exit(0)", "exit code 0"),
            ("os.closerange(3, 100); time.sleep(0.1); os.abort()", "SIGABRT"),
        ):
            with self.subTest(death):
                self.write(
                    test_death=f"""
                    class ATest(unittest.TestCase):
                        def test_a(self):
                            {NOTE}

                        def test_b(self):
                            {death}

                        def test_c(self):
                            {NOTE}

                    class BTest(unittest.TestCase):
                        def test_d(self):
                            {NOTE}
                    """
                )
                text = self.run_suite("-n", "2", code=1)
                self.assertEqual(
                    "3 passed, 1 failed, 0 skipped (of the failed: 1 crashed)",
                    self.last_line(text),
                    text,
                )
                self.assertIn("CRASHED: test_death.ATest.test_b\nworker", text)
                self.assertIn(how, text)
                self.assertEqual(
                    ["ATest.test_a", "ATest.test_c", "BTest.test_d"],
                    [name.partition(".")[2] for name in self.ran()],
                )
                (self.root / "ran").unlink()

    def test_a_fixture_that_ends_the_worker_is_told_once_and_the_others_run(self):
        self.write(
            test_death=f"""
            class ATest(unittest.TestCase):
                @classmethod
                def setUpClass(cls):
                    open("tried", "a").write("x")
                    os._exit(3)

                def test_a(self):
                    pass

            class BTest(unittest.TestCase):
                def test_b(self):
                    {NOTE}
            """
        )
        text = self.run_suite(code=1)
        self.assertEqual(
            "1 passed, 1 failed, 0 skipped (of the failed: 1 crashed)", self.last_line(text)
        )
        self.assertIn("ended in the fixtures of test_death.ATest: exit code 3\n", text)
        self.assertEqual("xx", (self.root / "tried").read_text())  # it may have been killed

    def test_what_can_only_run_as_a_whole_is_not_run_again_when_its_worker_dies(self):
        self.write(
            test_whole=f"""
            class Whole(unittest.TestSuite):
                pass

            class ATest(unittest.TestCase):
                def test_a(self):
                    {NOTE}

                def test_b(self):
                    os._exit(1)

                def test_c(self):
                    {NOTE}

            def load_tests(loader, tests, pattern):
                return Whole(loader.loadTestsFromTestCase(ATest))
            """
        )
        text = self.run_suite(code=1)
        self.assertEqual(
            "1 passed, 2 failed, 0 skipped (of the failed: 1 crashed)", self.last_line(text)
        )
        self.assertEqual(["test_whole.ATest.test_a"], self.ran())
        self.assertIn("BLOCKED: test_whole.ATest.test_c\nits worker has ended, and", text)

    def test_a_child_of_a_test_that_goes_on_with_the_run_is_not_heard(self):
        self.write(
            test_fork="""
            class ATest(unittest.TestCase):
                def test_a(self):
                    os.fork()

                def test_b(self):
                    pass

            class BTest(unittest.TestCase):
                def test_c(self):
                    self.assertTrue(True)
            """
        )
        text = self.run_suite("-n", "2", "-v")
        self.assertEqual("3 passed, 0 failed, 0 skipped", self.last_line(text))
        self.assertEqual(3, text.count(" ... passed"))

    def test_a_test_that_takes_too_long_is_ended_with_the_stacks_of_its_threads(self):
        self.write(
            test_slow=f"""
            import threading

            class ATest(unittest.TestCase):
                def test_a(self):
                    threading.Thread(target=time.sleep, args=(60,), name="other").start()
                    time.sleep(60)

                def test_b(self):
                    {NOTE}
            """
        )
        text = self.run_suite("--timeout", "0.5", code=1)
        self.assertEqual(
            "1 passed, 1 failed, 0 skipped (of the failed: 1 crashed)", self.last_line(text)
        )
        self.assertIn("Timeout (0:00:00.500000)!", text)
        self.assertGreaterEqual(text.count("Thread 0x"), 2)
        self.assertIn("in test_a", text)

    def test_a_worker_that_cannot_load_the_tests_ends_the_run(self):
        self.write(test_exit="import os; os._exit(9)\n")
        text = self.run_suite("-n", "2", code=3)
        self.assertIn("harness: a worker ended before it had loaded the tests: exit code 9", text)

    def test_what_a_test_does_to_standard_streams_is_no_harm(self):
        self.write(
            test_streams="""
            class ATest(unittest.TestCase):
                def test_a(self):
                    os.write(1, b"x" * (1 << 22))
                    os.close(0)
                    os.close(1)
                    os.close(2)

                def test_b(self):
                    os.chdir("/")

                def test_c(self):
                    pass
            """
        )
        text = self.run_suite("-n", "2")
        self.assertEqual("3 passed, 0 failed, 0 skipped", self.last_line(text))


class InterruptTest(RunnerTest):
    def has_begun(self):
        return (self.root / "ran").exists() and self.ran() == ["begun"]

    def test_an_interrupt_ends_what_runs_in_order_and_says_what_did_not_run(self):
        self.write(
            test_long="""
            class ATest(unittest.TestCase):
                def test_a(self):
                    self.assertEqual(signal.SIG_DFL, signal.getsignal(signal.SIGTERM))
                    try:
                        open("ran", "a").write("begun\\n")
                        time.sleep(60)
                    finally:
                        open("ran", "a").write("cleaned\\n")

                def test_b(self):
                    pass
            """
        )
        for number in signal.SIGINT, signal.SIGTERM:
            with self.subTest(number):
                done = self.interrupted_when(self.has_begun, number)
                self.assertEqual(130, done.returncode, done.stdout)
                self.assertEqual(["begun", "cleaned"], self.ran())
                self.assertIn("0 passed, 0 failed, 0 skipped, 2 not run", done.stdout)
                self.assertIn("\nharness: the run was interrupted\n", done.stdout)
                self.assertIn("not run: test_long.ATest.test_b\n", done.stdout)
                (self.root / "ran").unlink()
