"""What tests print, and what is told of them: nothing of it costs a result."""

import os
import re
import subprocess
import sys
import time

from tests.report.terminal import terminal
from tests.runner.suites import LONGEST, RunnerTest
from tests.support.unit import run_python

LOUD = """
class LoudTest(unittest.TestCase):
    def test_fails(self):
        print("why it fails")
        print("and an error", file=sys.stderr)
        self.fail("because")

    def test_passes(self):
        print("of no interest")
"""


class BufferTest(RunnerTest):
    def test_what_a_test_prints_is_shown_once_and_with_its_failure_alone(self):
        self.write(test_loud=LOUD)
        text = self.run_suite("-b", code=1)
        self.assertIn("AssertionError: because\nit printed:\nwhy it fails\nand an error\n", text)
        self.assertEqual(1, text.count("why it fails"))
        self.assertNotIn("of no interest", text)

    def test_fixtures_that_fail_show_what_they_printed(self):
        self.write(
            test_fixture="""
            class ATest(unittest.TestCase):
                @classmethod
                def setUpClass(cls):
                    print("the server says no")
                    raise OSError("no server")

                def test_a(self):
                    pass
            """
        )
        text = self.run_suite("-b", code=1)
        self.assertIn("OSError: no server\n\nit printed:\nthe server says no\n", text)

    def test_nothing_that_a_test_does_to_its_streams_loses_a_result(self):
        self.write(
            test_streams="""
            class ATest(unittest.TestCase):
                def test_a_closes(self):
                    print("before")
                    sys.stdout.close()
                    sys.stderr.close()
                    self.fail()

                def test_b_replaces(self):
                    print("replaced")
                    sys.stdout = sys.stderr = None
                    self.fail()

                def test_c_writes_bytes_and_codes(self):
                    sys.stdout.buffer.write(b"caf\\xe9 \\x1b[31mred\\x1b[0m\\n")
                    print("\\ud800")
                    self.fail()

                def test_d_closes_descriptors(self):
                    os.close(1)
                    os.close(2)
                    print("kept all the same")
                    self.fail()
            """
        )
        text = self.run_suite("-b", code=1)
        self.assertEqual("0 passed, 4 failed, 0 skipped", self.last_line(text))
        for printed in "before", "replaced", r"caf\\xe9 \x1b\[31mred", "kept all the same":
            self.assertRegex(text, rf"it printed:\n{printed}")

    def test_endless_output_is_cut_and_says_so(self):
        self.write(
            test_endless="""
            class ATest(unittest.TestCase):
                def test_a(self):
                    print("begin")
                    for _ in range(40):
                        print("x" * (1 << 18))
                    print("end")
                    raise ValueError("y" * (1 << 22))
            """
        )
        text = self.run_suite("-b", "--artifacts", "kept", code=1)
        self.assertLess(len(text), 200_000)
        self.assertIn("it printed:\nbegin\nxxx", text)
        self.assertIn("\nend\n", text)
        self.assertEqual(2, len(re.findall(r"\n\[\.\.\. \d+ characters left out \.\.\.\]\n", text)))
        kept = (self.root / "kept" / "test_endless.ATest.test_a" / "output.txt").read_text()
        self.assertTrue(kept.startswith("begin\n") and kept.endswith("\nend\n"))
        self.assertGreater(len(kept), 1_000_000)
        self.assertRegex(kept, r"\n\[\.\.\. 9\d{6} characters left out \.\.\.\]\n")


class ArtifactsTest(RunnerTest):
    def test_what_failed_tests_printed_is_kept_each_in_its_folder(self):
        self.write(test_loud=LOUD)
        self.run_suite("-b", "--artifacts", "kept", "--rerun-failed", "1", code=1)
        found = {
            str(path.relative_to(self.root)): path.read_text()
            for path in (self.root / "kept").rglob("*.txt")
        }
        text = "why it fails\nand an error\n"
        name = "kept/test_loud.LoudTest.test_fails"
        self.assertEqual({f"{name}/output.txt": text, f"{name}-2/output.txt": text}, found)

    def test_a_directory_that_cannot_be_written_costs_no_result(self):
        self.write(test_loud=LOUD)
        (self.root / "kept").write_text("a file")
        text = self.run_suite("-b", "--artifacts", "kept", code=1)
        self.assertEqual("1 passed, 1 failed, 0 skipped", self.last_line(text))
        self.assertRegex(text, r"an error\n+what it printed cannot be kept in .*/kept: ")

    def test_a_report_that_cannot_be_written_costs_no_result_and_is_no_pass(self):
        self.write(test_loud=LOUD)
        for chosen, code in ("test_fails", 1), ("test_passes", 3):
            text = self.run_suite("--junit", "/dev/full", "-k", chosen, code=code)
            self.assertIn("harness: /dev/full cannot be written: ", text)
            self.assertIn(" in 0.", text)


class ClosedTest(RunnerTest):
    def test_a_run_whose_streams_are_closed_comes_to_its_end_and_reports(self):
        self.write(
            test_prints="""
            class ATest(unittest.TestCase):
                def test_a(self):
                    print("nobody reads it")
                    os.write(1, b"nor this")
                    os.write(2, b"nor this")

                def test_b(self):
                    self.fail()
            """
        )
        run = f"{sys.executable} -m harness run --junit report.xml <&- >&- 2>&-"
        done = subprocess.run(["sh", "-c", run], cwd=self.root, timeout=LONGEST, check=False)
        self.assertEqual(1, done.returncode)
        self.assertIn('tests="2" failures="1" errors="0"', (self.root / "report.xml").read_text())


class ToldTest(RunnerTest):
    def test_what_has_failed_is_named_last_with_the_command_that_repeats_it(self):
        self.write(test_loud=LOUD, test_broken="import nowhere\n")
        text = self.run_suite("--seed", "7", code=1)
        end = text[text.rindex("-" * 70) :]
        self.assertRegex(
            end,
            r"^-{70}\n"
            r"error: unittest.loader._FailedTest.test_broken\n"
            r"failed: test_loud.LoudTest.test_fails\n"
            r"1 passed, 2 failed, 0 skipped in \d+\.\d+ s\n"
            r"harness: repeat what has failed with: "
            r"harness run --seed 7 test_broken test_loud.LoudTest.test_fails\n$",
        )
        again = end.split("harness run ")[1].split()
        text = self.run_suite(*again, code=1)
        self.assertEqual("0 passed, 2 failed, 0 skipped", self.last_line(text))

    def test_what_took_longest_is_listed(self):
        self.write(
            test_slow="""
            class SlowTest(unittest.TestCase):
                @classmethod
                def setUpClass(cls):
                    time.sleep(0.02)

                def setUp(self):
                    time.sleep(0.01)

                def test_a(self):
                    time.sleep(0.05)

                def test_b(self):
                    pass
            """
        )
        text = self.run_suite("--durations", "1")
        self.assertRegex(
            text,
            r"\nslowest tests, with their set-up, body and release:\n"
            r" +0\.\d{3} s = 0\.\d{3} \+ 0\.\d{3} \+ 0\.\d{3}  test_slow\.SlowTest\.test_a\n"
            r"\nslowest fixtures of classes and modules:\n +0\.\d{3} s  test_slow\.SlowTest\n",
        )
        self.assertNotIn("test_b", text)

    def test_a_platform_of_ci_is_told_where_tests_have_failed(self):
        self.write(test_loud=LOUD)
        summary = self.root / "summary.md"
        environ = {
            "HARNESS_CI_PLATFORM": "auto",
            "GITHUB_ACTIONS": "true",
            "GITHUB_STEP_SUMMARY": str(summary),
            "GITHUB_SHA": "1f2e",
        }
        text = self.run_suite("-b", "--junit", "made/report.xml", code=1, environ=environ)
        title = "title=test_loud.LoudTest.test_fails%3A failed"
        self.assertIn(
            f"\n::error file=test_loud.py,line=7,{title}::AssertionError: because\n", text
        )
        self.assertIn("::group::it printed:\nwhy it fails\nand an error\n::endgroup::\n", text)
        self.assertTrue(summary.read_text().startswith("### 1 passed, 1 failed, 0 skipped in "))

        report = (self.root / "made" / "report.xml").read_text()
        self.assertIn('<property name="commit" value="1f2e"/>', report)
        self.assertIn('file="test_loud.py"', report)

        text = self.run_suite("-b", code=1, environ={**environ, "HARNESS_CI_PLATFORM": "none"})
        self.assertNotIn("::", text)


class TerminalTest(RunnerTest):
    SLOW = """
    class ATest(unittest.TestCase):
        def test_a_prints(self):
            for n in range(20):
                os.write(1, b"raw %d\\n" % n)
            time.sleep(0.8)
            print("half a line", end="", flush=True)
            time.sleep(0.2)
            print(" and the other")

        def test_b_fails(self):
            self.fail("because")
    """

    def run_on(self, screen, **environ):
        """Run the suite on a terminal; return what it showed in its last line meanwhile."""
        run = subprocess.Popen(
            [sys.executable, "-m", "harness", "run"],
            cwd=self.root,
            env={**os.environ, **environ},
            stdin=screen.slave,
            stdout=screen.slave,
            stderr=screen.slave,
        )
        seen, deadline = set(), time.monotonic() + LONGEST
        while run.poll() is None:
            self.assertLess(time.monotonic(), deadline)
            seen.add(screen.lines()[-1])
            time.sleep(0.01)
        self.assertEqual(1, run.returncode)
        return seen

    def test_how_far_it_is_stays_at_the_bottom_and_all_else_is_whole(self):
        self.write(test_slow=self.SLOW)
        with terminal(60, 12) as screen:
            seen = self.run_on(screen)
            self.assertIn("0/2, 0:01", seen)
            printed = screen.printed()
        begin = printed.index("raw 0")
        expected = [f"raw {n}" for n in range(20)] + ["half a line and the other"]
        self.assertEqual(expected, printed[begin : begin + len(expected)])
        self.assertIn("AssertionError: because", printed)
        self.assertIn("-" * 60, printed)
        self.assertFalse([line for line in printed if re.match(r"\d/2", line)])

    def test_without_colours_nothing_moves(self):
        self.write(test_slow=self.SLOW)
        with terminal(60, 12) as screen:
            self.run_on(screen, NO_COLOR="1")
            self.assertIn("raw 0", screen.printed())
            self.assertFalse([line for line in screen.printed() if re.match(r"\d/2", line)])

    def test_a_run_imports_nothing_for_what_it_does_not_show(self):
        unused = ("coverage", "junitparser", "rich", "xml", "harness.report.progress")
        code = (
            "import sys, harness.cli.run, harness.runner.main\n"
            f"print([name for name in {unused!r} if name in sys.modules])"
        )
        self.assertEqual("[]\n", run_python(code).stdout)

    def test_a_run_imports_nothing_that_takes_long_where_it_can_do_without(self):
        dear = ("dataclasses", "hashlib", "multiprocessing", "random", "socket", "subprocess")
        dear += ("logging", "sqlite3", "struct", "tempfile", "unittest")
        code = (
            "import sys, click; before = set(sys.modules)\n"
            "import harness.cli.run, harness.runner.main\n"
            f"print([name for name in {dear!r} if name in sys.modules.keys() - before])"
        )
        self.assertEqual("[]\n", run_python(code).stdout)
