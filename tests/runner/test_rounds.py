"""Tests that are run more than once: repeats, reruns of what has failed, and limits of a run."""

from tests.runner.suites import RunnerTest

COUNTED = """
class ATest(unittest.TestCase):
    def test_a(self):
        open("ran", "a").write("a\\n")

    def test_b(self):
        with open("ran", "a+") as file:
            file.write("b\\n")
            file.seek(0)
            self.assertNotEqual({fails}, file.read().count("b"))
"""


class RepeatTest(RunnerTest):
    def test_all_tests_run_as_often_as_asked(self):
        self.write(test_counted=COUNTED.format(fails=0))
        for workers in "1", "2":
            text = self.run_suite("--repeat", "3", "-n", workers)
            self.assertEqual("2 passed, 0 failed, 0 skipped", self.last_line(text))
            self.assertEqual(["a", "a", "a", "b", "b", "b"], self.ran())
            (self.root / "ran").unlink()

    def test_one_failure_of_many_is_a_failure(self):
        self.write(test_counted=COUNTED.format(fails=2))
        text = self.run_suite("--repeat", "3", code=1)
        self.assertEqual("1 passed, 1 failed, 0 skipped", self.last_line(text))
        self.assertEqual(["a", "a", "a", "b", "b", "b"], self.ran())

    def test_it_can_end_with_the_first_failure(self):
        self.write(test_counted=COUNTED.format(fails=4))
        for arguments in (), ("--repeat", "9"):
            text = self.run_suite("--until-fail", *arguments, code=1)
            self.assertEqual("1 passed, 1 failed, 0 skipped", self.last_line(text))
            self.assertEqual(["a"] * 4 + ["b"] * 4, self.ran())
            (self.root / "ran").unlink()

    def test_a_round_has_an_order_of_its_own_that_follows_from_the_seed(self):
        tests = "".join(f"    def test_{n}(self):\n        note({n})\n" for n in range(9))
        note = "def note(n):\n    open('ran', 'a').write(f'{n}\\n')\n\n"
        self.write(test_nine=f"{note}class NineTest(unittest.TestCase):\n{tests}")
        orders = []
        for _ in range(2):
            self.run_suite("--repeat", "2", "--order", "shuffle", "--seed", "3")
            orders.append((self.root / "ran").read_text().split())
            (self.root / "ran").unlink()
        self.assertEqual(*orders)
        self.assertNotEqual(orders[0][:9], orders[0][9:])


class RerunTest(RunnerTest):
    def test_what_fails_and_then_passes_is_flaky_and_no_pass(self):
        self.write(test_counted=COUNTED.format(fails=1))
        text = self.run_suite("--rerun-failed", "2", code=1)
        self.assertEqual(
            "1 passed, 1 failed, 0 skipped (of the failed: 1 flaky)", self.last_line(text)
        )
        self.assertEqual(["a", "b", "b"], self.ran())

    def test_what_fails_always_is_tried_as_often_as_asked_and_has_failed(self):
        self.write(
            test_always="""
            class ATest(unittest.TestCase):
                def test_a(self):
                    open("ran", "a").write("a\\n")
                    self.fail()
            """
        )
        text = self.run_suite("--rerun-failed", "2", code=1)
        self.assertEqual("0 passed, 1 failed, 0 skipped", self.last_line(text))
        self.assertEqual(["a", "a", "a"], self.ran())

    def test_a_crash_is_never_excused(self):
        self.write(
            test_crash="""
            class ATest(unittest.TestCase):
                def test_a(self):
                    open("ran", "a").write("a\\n")
                    os._exit(1)
            """
        )
        text = self.run_suite("--rerun-failed", "2", code=1)
        self.assertEqual(
            "0 passed, 1 failed, 0 skipped (of the failed: 1 crashed)", self.last_line(text)
        )
        self.assertEqual(["a"], self.ran())


class LimitTest(RunnerTest):
    def test_a_run_that_takes_too_long_is_ended_and_says_what_has_not_run(self):
        self.write(
            test_long="""
            class ATest(unittest.TestCase):
                def test_a(self):
                    pass

                def test_b(self):
                    time.sleep(60)

                def test_c(self):
                    pass
            """
        )
        text = self.run_suite("--time-limit", "1.5", code=4)
        self.assertEqual("1 passed, 0 failed, 0 skipped, 2 not run", self.last_line(text))
        self.assertIn("\nnot finished: test_long.ATest.test_b\n", text)
        self.assertIn("\nnot run: test_long.ATest.test_c\n", text)
        self.assertIn("\nharness: the run has reached its time limit of 1.5 s\n", text)

    def test_one_that_is_repeated_is_over_its_limit_wherever_that_comes(self):
        self.write(test_good="class ATest(unittest.TestCase):\n    def test_a(self): pass\n")
        text = self.run_suite("--time-limit", "0.7", "--repeat", "1000000", code=4)
        self.assertEqual("0 passed, 0 failed, 0 skipped, 1 not run", self.last_line(text))

    def test_a_run_that_is_ended_while_tests_are_loaded_ends_though_unittest_goes_on(self):
        self.write(
            test_slow="""
            time.sleep(3)

            class ATest(unittest.TestCase):
                def test_a(self):
                    pass
            """
        )
        text = self.run_suite("--time-limit", "0.5", code=4)
        self.assertEqual("0 passed, 0 failed, 0 skipped", self.last_line(text))
        self.assertLess(float(text.rpartition(" in ")[2].split()[0]), 30)

    def test_nothing_more_is_begun_after_a_test_that_keeps_the_interrupt_to_itself(self):
        self.write(
            test_deaf="""
            class ATest(unittest.TestCase):
                def test_a(self):
                    try:
                        time.sleep(60)
                    except BaseException:
                        pass

                def test_b(self):
                    pass
            """
        )
        text = self.run_suite("--time-limit", "0.5", code=4)
        self.assertEqual("1 passed, 0 failed, 0 skipped, 1 not run", self.last_line(text))
        self.assertIn("\nnot run: test_deaf.ATest.test_b\n", text)

    def test_one_that_ignores_the_interrupt_is_killed_after_a_moment(self):
        self.write(
            test_deaf="""
            class ATest(unittest.TestCase):
                def test_a(self):
                    signal.signal(signal.SIGINT, signal.SIG_IGN)
                    time.sleep(50)
            """
        )
        script = (
            "import sys; from harness.cli.main import main\n"
            "from harness.runner import coordinator\n"
            "coordinator.OBEDIENCE = 0.2\n"
            "sys.argv[1:] = ['run', '--time-limit', '0.5']; main()\n"
        )
        text = self.run_python("-c", script, code=4)
        self.assertIn("\nnot finished: test_deaf.ATest.test_a\n", text)
        self.assertLess(float(text.rpartition(" in ")[2].split()[0]), 30)

    def test_the_limit_is_a_good_end_for_tests_that_are_repeated_until_one_fails(self):
        self.write(test_good="class ATest(unittest.TestCase):\n    def test_a(self): pass\n")
        text = self.run_suite("--until-fail", "--time-limit", "1.5")
        self.assertEqual("1 passed, 0 failed, 0 skipped", self.last_line(text))
        self.assertIn("harness: the run has reached its time limit of 1.5 s\n", text)
