"""What GitHub Actions reads in the output of a run."""

import re
import tempfile
import unittest
from pathlib import Path

from harness.report.account import Account
from harness.report.durations import durations
from harness.report.places import Sources
from harness.report.platforms.github import MOST, SUMMARY, GitHub, command, commands_of
from harness.report.platforms.gitlab import GitLab
from harness.report.platforms.markdown import markdown
from harness.report.platforms.platform import Terminal, platform_of
from harness.runner.ledger import Outcome
from tests.report.ledgers import attempt, failed, ledger_of, nothing, rerun


def account(tests, **facts):
    return Account(ledger_of(tests), Sources(Path("/repo"), Path("/repo")), **facts)


class CommandTest(unittest.TestCase):
    def test_what_a_command_may_not_hold_is_escaped(self):
        self.assertEqual(
            "::error title=a%3A b%2C 100%25::100%25: one,%0Atwo%0D%0A",
            command("error", "100%: one,\ntwo\r\n", "a: b, 100%"),
        )

    def test_a_failure_is_told_where_it_happened(self):
        self.assertEqual(
            ["::error file=m.py,line=7,title=m.ATest.test_a%3A failed::AssertionError: 1 != 2"],
            commands_of(account({"m.ATest": {"test_a": failed(), "test_b": attempt()}})),
        )

    def test_a_flaky_test_is_a_warning(self):
        found = commands_of(account({"m.ATest": {"test_a": rerun([failed(), attempt()])}}))
        self.assertTrue(
            found[0].startswith("::warning file=m.py,line=7,title=m.ATest.test_a%3A fl")
        )

    def test_there_are_no_more_than_are_shown_and_the_last_says_so(self):
        tests = {f"test_{n}": failed() for n in range(25)}
        found = commands_of(account({"m.ATest": tests}))
        self.assertEqual(MOST, len(found))
        self.assertIn("::16 more are in the log: GitHub shows 10 annotations a step", found[-1])

    def test_a_fixture_is_told_and_not_each_test_that_it_has_blocked(self):
        told = account({"m.ATest": {"test_a": attempt("blocked"), "test_b": attempt("blocked")}})
        why = failed("OSError: no server", file="/repo/base.py").outcomes[0].text
        told.ledger.fixtures.append(("m.ATest", Outcome("error", why, "setUpClass (m.ATest)")))
        self.assertEqual(
            ["::error file=base.py,line=7,title=setUpClass (m.ATest)%3A error::OSError: no server"],
            commands_of(told),
        )

    def test_a_failure_of_a_test_that_nobody_knows_is_told(self):
        told = account({"m.ATest": {"test_a": attempt()}})
        told.ledger.fixtures.append(("m.ATest", Outcome("failed", "", "test_copy (m.ATest)")))
        self.assertEqual(["::error title=test_copy (m.ATest)%3A failed::failed"], commands_of(told))

    def test_what_was_not_run_comes_first(self):
        tests = {"test_a": failed(), "test_b": nothing()}
        self.assertEqual(
            "::error title=the run is not complete"
            "::of 1 tests it is not known what became: m.ATest.test_b",
            commands_of(account({"m.ATest": tests}))[0],
        )
        told = commands_of(account({"m.ATest": tests}, problem="the run has reached its limit"))
        self.assertEqual(
            "::error title=the run is not complete::the run has reached its limit", told[0]
        )

    def test_an_endless_message_is_cut(self):
        found = commands_of(account({"m.ATest": {"test_a": failed("ValueError: " + "x" * 10**6)}}))
        self.assertLess(len(found[0]), 5000)
        self.assertIn("characters left out", found[0])


class LogTest(unittest.TestCase):
    def test_what_tests_print_is_not_obeyed(self):
        for text in "::set-output name=a::b", "one\n  ::error::two", "it says ##[group]x":
            with self.subTest(text):
                shown = GitHub().foreign(text)
                stop = re.fullmatch(r"::stop-commands::(\w{32})\n(.*)\n::\1::", shown, re.DOTALL)
                self.assertEqual(text, stop[2])
        self.assertEqual("a::b\n[c]", GitHub().foreign("a::b\n[c]"))

    def test_texts_that_few_read_are_folded(self):
        self.assertEqual(
            "::group::50%25\none\ntwo\n::endgroup::", GitHub().folded("50%", "one\ntwo")
        )
        gitlab, texts = GitLab(), []
        for _ in range(2):
            texts.append(gitlab.folded("title", "one\ntwo"))
        pattern = (
            r"\x1b\[0Ksection_start:\d+:(harness_\d)\[collapsed=true\]\r\x1b\[0Ktitle\none\ntwo\n"
            r"\x1b\[0Ksection_end:\d+:\1\r\x1b\[0K"
        )
        names = [re.fullmatch(pattern, text)[1] for text in texts]
        self.assertEqual(2, len(set(names)))
        self.assertEqual("title\none", Terminal().folded("title", "one"))

    def test_a_report_that_is_too_large_for_its_reader_is_told(self):
        self.assertEqual("", GitLab().too_large(30 << 20))
        self.assertEqual(
            "GitLab does not read a JUnit file of 41 MiB; it takes 30", GitLab().too_large(41 << 20)
        )
        self.assertEqual("", GitHub().too_large(41 << 20))

    def test_the_platform_is_told_by_its_variables_unless_it_is_set(self):
        for chosen, environ, expected in (
            ("auto", {"GITHUB_ACTIONS": "true"}, GitHub),
            ("auto", {"GITLAB_CI": "true"}, GitLab),
            ("auto", {"CI": "true"}, Terminal),
            ("none", {"GITHUB_ACTIONS": "true"}, Terminal),
            ("gitlab", {"GITHUB_ACTIONS": "true"}, GitLab),
            ("github", {}, GitHub),
        ):
            with self.subTest(chosen, **environ):
                self.assertIs(expected, type(platform_of(chosen, environ)))


class SummaryTest(unittest.TestCase):
    def test_it_has_a_table_the_command_and_each_traceback_folded(self):
        told = account(
            {"m.ATest": {"test_a": failed("ValueError: a | b\r~~~~\r\n<c>"), "test_b": attempt()}},
            seconds=41.26,
            again="harness run --seed 7 m.ATest.test_a",
        )
        told.slowest.extend(durations(told.ledger, 1))
        text = markdown(told, SUMMARY)
        self.assertTrue(text.startswith("### 1 passed, 1 failed, 0 skipped in 41.3 s\n\n| what |"))
        row = "| <code>m.ATest.test&#95;a</code> | failed: ValueError: a &#124; b | m.py:7 |"
        self.assertIn(f"\n{row}\n", text)
        self.assertIn("Repeat with <code>harness run --seed 7 m.ATest.test&#95;a</code>", text)
        self.assertIn("\n~~~~~text\nTraceback (most", text)
        self.assertIn("\nValueError: a | b\n~~~~\n<c>\n~~~~~\n\n</details>", text)
        self.assertIn("0.600 s = 0.100 + 0.200 + 0.300", text)

    def test_it_is_no_larger_than_github_takes_and_says_what_is_missing(self):
        why = "ValueError: " + "☃" * 20_000
        told = account({"m.ATest": {f"test_{n}": failed(why) for n in range(30)}})
        text = markdown(told, SUMMARY)
        self.assertLess(len(text.encode()), SUMMARY)
        self.assertRegex(text, r"\nThere is no room for 1\d more parts\.\n$")
        self.assertLess(len(markdown(told, 100).encode()), 100)

    def test_it_is_added_to_what_other_commands_of_the_step_have_written(self):
        told = account({"m.ATest": {"test_a": attempt()}})
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory, "summary.md")
            path.write_text("before\n")
            self.assertEqual([], GitHub(str(path)).tell(lambda: told))
            self.assertIn("before\n### 1 passed", path.read_text())
            path.write_text("x" * SUMMARY)
            GitHub(str(path)).tell(lambda: told)
            self.assertEqual(SUMMARY, path.stat().st_size)

    def test_a_summary_that_cannot_be_written_is_a_line(self):
        told = account({"m.ATest": {"test_a": attempt()}})
        for place in "/dev/full", "/nowhere/summary.md":
            with self.subTest(place):
                lines = GitHub(place).tell(lambda: told)
                self.assertRegex(lines[-1], "^harness: the summary of the job cannot be written: ")
