"""What a history comes to in numbers."""

import json
import os
import re
import subprocess
import sys

from harness.core.quotas import parse_quotas
from harness.report.history.file import History
from harness.report.stats.compute import figures
from harness.report.stats.text import lines
from harness.runner.ledger import Outcome
from tests.cli.test_main import CommandTest
from tests.report.history import files
from tests.support.project import HOME
from tests.support.unit import PATHS

DAY = 86400.0
LONG = "tests.shop.test_checkout.CheckoutOfAnOrderTest.test_paying_an_order_publishes_one_event"
FIRST = re.compile(r"^\| (`.*?) \|", re.MULTILINE)  # cells of a table


def test(name, seconds, kind="passed", tier="unit", *, setup=0.0, text=""):
    return files.entry(name, files.attempt(kind, seconds, setup=setup, text=text), tier=tier)


def flaky(name):
    attempts = files.attempt("failed"), files.attempt("passed", rerun=1)
    return files.entry(name, *attempts, due=2)


class StatsTest(CommandTest):
    def add(self, *tests, fixtures=(), **values):
        files.add("h.sqlite", list(tests), fixtures, **values)

    def figures(self, *arguments, **named):
        with History(self.directory / "h.sqlite") as history:
            return figures(history, *arguments, **named)


class FiguresTest(StatsTest):
    def test_runs_are_counted_and_those_that_have_not_ended_too(self):
        self.add(test("t.A.a", 1.0), began=1000.0, seconds=20.0)
        self.add(test("t.A.a", 2.0), began=2000.0, seconds=40.0)
        self.add(test("t.A.a", 3.0), began=3000.0, seconds=None, exit_code=None)

        found = self.figures()
        self.assertEqual((3, 1), (found.runs, found.unfinished))
        self.assertEqual("1970-01-01T00:16:40Z", found.since)
        self.assertEqual("1970-01-01T00:50:00Z", found.until)
        self.assertEqual((2, 30.0), (found.run_seconds.count, found.run_seconds.median))
        self.assertEqual((3, 2.0), (found.test_seconds.count, found.test_seconds.median))
        self.assertEqual(2, self.figures(last=2).runs)

    def test_the_slowest_tests_come_first_by_their_median(self):
        for seconds in 1.0, 3.0, 9.0:
            self.add(test("t.A.often", 2.0), test("t.A.once", seconds, setup=0.5))

        slowest = self.figures().slowest
        self.assertEqual(["t.A.once", "t.A.often"], [each.name for each in slowest])
        self.assertEqual(
            (3.0, 0.5, 2.5), (slowest[0].seconds.median, slowest[0].setup, slowest[0].body)
        )
        self.assertAlmostEqual(8.4, slowest[0].seconds.p95)

    def test_there_are_ten_of_them_at_most(self):
        self.add(*(test(f"t.A.test_{n}", float(n + 1)) for n in range(12)))

        self.assertEqual([12.0, 3.0], [self.figures().slowest[n].seconds.median for n in (0, -1)])
        self.assertEqual(10, len(self.figures().slowest))

    def test_time_is_told_by_what_it_was_spent_on(self):
        self.add(test("t.A.a", 3.0, setup=1.0), fixtures={"t.A": 0.5})
        self.add(test("t.A.a", 5.0, setup=1.0), fixtures={"t.A": 1.5})

        parts = self.figures().parts
        self.assertEqual(
            (2.0, 6.0, 0.0, 2.0), (parts.setup, parts.body, parts.release, parts.fixtures)
        )

    def test_skips_are_counted_by_reason_as_of_the_last_run_of_each_test(self):
        skipped = [test(f"t.A.{name}", 0.0, "skipped", text="no Docker") for name in "ab"]
        self.add(*skipped, test("t.A.c", 0.0, "skipped", text="no Kafka"), began=1.0)
        self.add(test("t.A.c", 0.0, "skipped", text="on Mondays"), began=2.0)

        self.assertEqual(
            [("no Docker", 2), ("on Mondays", 1)],
            [(each.reason, each.tests) for each in self.figures().skips],
        )

    def test_a_test_whose_subtests_were_skipped_is_one_test(self):
        skipped = test("t.A.a", 0.0, "skipped", text="no Docker")
        skipped.attempts[0].outcomes += [
            Outcome("skipped", text, "(n=2)") for text in ("no Docker", "no")
        ]
        self.add(skipped)

        self.assertEqual(
            [("no Docker", 1)], [(each.reason, each.tests) for each in self.figures().skips]
        )

    def test_a_run_has_failed_that_has_ended_so_whatever_its_tests_have_come_to(self):
        for kind, code in (
            ("passed", 1),
            ("failed", 0),
            ("failed", 3),
            ("passed", 3),
            ("failed", None),
        ):
            self.add(test("t.A.a", 1.0, kind), revision=f"{kind} {code}", exit_code=code)

        self.assertEqual(
            {"passed 1": 1, "failed 0": 0, "failed 3": 1, "passed 3": 0, "failed None": 1},
            {each.commit: each.failed for each in self.figures().changes},
        )

    def test_minutes_are_told_by_commit_the_newest_first(self):
        self.add(test("t.A.a", 1.0), revision="old", seconds=60.0, began=1.0)
        self.add(test("t.A.a", 1.0), revision="new", seconds=30.0, began=2.0)
        self.add(test("t.A.a", 1.0, "failed"), revision="new", seconds=60.0, began=3.0, exit_code=1)
        self.add(test("t.A.a", 1.0), seconds=6.0, began=0.5)

        self.assertEqual(
            [("new", 2, 1, 1.5), ("old", 1, 0, 1.0), (None, 1, 0, 0.1)],
            [
                (each.commit, each.runs, each.failed, each.minutes)
                for each in self.figures().changes
            ],
        )

    def test_weeks_have_their_percentiles_the_newest_first(self):
        for day, seconds in (0, 10.0), (0, 20.0), (7, 30.0):
            self.add(test("t.A.a", seconds / 10), began=files.BEGAN + day * DAY, seconds=seconds)

        newer, older = self.figures().weeks
        self.assertEqual(
            ("2026-W48", 1, 30.0, 3.0), (newer.week, newer.runs, newer.run_p95, newer.test_p95)
        )
        self.assertEqual(("2026-W47", 2, 19.5), (older.week, older.runs, older.run_p95))
        self.assertAlmostEqual(1.95, older.test_p95)

    def test_flakes_are_counted_within_a_run_and_between_runs_of_a_commit(self):
        self.add(flaky("t.A.a"), test("t.A.b", 1.0), test("t.A.c", 0.0, "skipped"), revision="1f")
        self.add(test("t.A.b", 1.0, "failed"), revision="1f")
        self.add(test("t.A.d", 1.0), revision="2e")
        self.add(test("t.A.d", 1.0, "failed"), revision="2e", dirty=True)

        flakes = self.figures().flakes
        self.assertEqual(
            (5, 1, 0.2, 1), (flakes.test_runs, flakes.flaky, flakes.rate, flakes.attempts)
        )
        self.assertEqual(
            [("t.A.a", 1, 0), ("t.A.b", 0, 1)],
            [(each.name, each.flaky, each.commits) for each in flakes.tests],
        )

    def test_tiers_are_held_to_their_quotas(self):
        self.add(
            *(test(f"t.A.test_{n}", 0.1 * (n + 1)) for n in range(3)),
            test("t.B.test", 4.0, tier="integration"),
        )

        quotas = parse_quotas("unit>=70%, unit<=0.25s, integration<=20%, e2e<=10%")
        tiers = {tier.tier: tier for tier in self.figures(quotas).tiers}
        self.assertEqual((3, 75.0), (tiers["unit"].tests, tiers["unit"].share))
        self.assertAlmostEqual(0.6, tiers["unit"].total)
        self.assertEqual(4.0, tiers["integration"].slowest)
        self.assertEqual(
            {"unit>=70%": True, "unit<=0.25s": False, "integration<=20%": False, "e2e<=10%": True},
            {held.quota: held.met for tier in tiers.values() for held in tier.quotas},
        )

    def test_a_history_without_runs_is_none_of_all_that(self):
        History(self.directory / "h.sqlite", write=True).close()

        found = self.figures(parse_quotas("unit>=70%"))
        self.assertEqual((0, None, None), (found.runs, found.since, found.flakes.rate))
        self.assertEqual(["h.sqlite", "no runs"], list(lines(found, "h.sqlite", 60))[:2])


class CommandsTest(StatsTest):
    def fill(self):
        self.add(
            test(LONG, 2.5, setup=1.5, tier="e2e"),
            flaky("t.A.test_a"),
            test("t.A.test_b", 0.0, "skipped", text="no provider can run kafka: " + "why " * 20),
            fixtures={"t.A": 0.25},
            revision="1f2e3d4c5b6a79881f2e3d4c5b6a7988",
        )

    def test_the_text_fits_a_narrow_terminal_and_says_all(self):
        self.fill()
        self.environment(COLUMNS="60", HARNESS_QUOTAS="unit>=70%, e2e<=10%")

        done = self.run_command("stats", "--history", "h.sqlite")
        self.assertEqual(0, done.exit_code, done.output)
        self.assertLessEqual(max(map(len, done.output.splitlines())), 60, done.output)
        for text in (
            "1 run of 2026-11-21\n",
            "…ckoutOfAnOrderTest.test_paying_an_order_publishes_one_event\n",
            "no provider can run kafka: why",
            "quota e2e<=10%: NOT MET, it is 33.3%\n",
            "1 of 2 test runs flaky: 50.00 %\n",
            "t.A.test_a\n    flaky in 1 run\n",
            "1 attempt to run a failed test once more\n",
            "1f2e3d4c5b6a ",
            "2026-W47 ",
        ):
            self.assertIn(text, done.output)

    def test_what_tests_are_called_and_say_moves_no_cursor_and_commands_no_platform(self):
        self.environment(GITHUB_ACTIONS="true", HARNESS_CI_PLATFORM="auto")
        reason = "::error::owned\x1b[2J"
        self.add(test("t.A.a\n\x07\ud800", 1.0), test("t.A.b", 0.0, "skipped", text=reason))

        text = self.run_command("stats", "--history", "h.sqlite").output
        self.assertIn("\nt.A.a\\x0a\\x07\\ud800\n", text)
        self.assertRegex(
            text, r"(?s)^::stop-commands::(\w+)\n.*\n::error::owned\\x1b\[2J +1\n.*\n::\1::$"
        )

    def test_what_a_terminal_has_no_letters_for_is_written_as_it_can_be(self):
        self.add(test(f"t.A.☃{'x' * 90}", 1.0), test("t.A.☃", 1.0))

        done = subprocess.run(
            [sys.executable, "-m", "harness", "stats", "--history", "h.sqlite"],
            env={**os.environ, "PYTHONIOENCODING": "latin-1", "PYTHONPATH": os.pathsep.join(PATHS)},
            capture_output=True,
            text=True,
        )
        self.assertEqual((0, ""), (done.returncode, done.stderr))
        self.assertIn("\nt.A.\\u2603\n", done.stdout)
        self.assertIn("\n\\u2026xxx", done.stdout)

    def test_json_holds_what_the_reference_says(self):
        self.fill()
        self.environment(HARNESS_QUOTAS="unit>=70%")

        done = self.run_command("stats", "--history", "h.sqlite", "--json")
        self.assertEqual(0, done.exit_code, done.output)
        told = json.loads(done.output)
        text = (HOME / "docs/reference/commands.md").read_text(encoding="utf-8")
        table = text.partition("## harness stats\n")[2].partition("\n## ")[0]
        keys = [key for cell in FIRST.findall(table) for key in cell.replace("`", "").split(", ")]
        self.assertEqual(sorted(set(paths(told))), sorted(keys))

    def test_without_a_history_it_says_what_makes_one(self):
        done = self.run_command("stats")

        self.assertEqual(2, done.exit_code)
        path = self.directory / ".harness" / "history.sqlite"
        self.assertIn(f"harness: there is no history {path}\n  next: `harness run", done.stderr)


def paths(value, before=""):
    """Yield what the values in some JSON are called, those in lists by `name[]`."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from paths(each, f"{before}.{key}" if before else key)
    elif isinstance(value, list):
        for each in value:
            yield from paths(each, f"{before}[]")
    else:
        yield before
