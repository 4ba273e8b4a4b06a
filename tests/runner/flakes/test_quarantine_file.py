"""The file of a quarantine: what it says, and what it may not."""

import datetime
import tempfile
import unittest
from pathlib import Path

from harness.errors import ConfigurationError
from harness.runner.flakes.quarantine_file import quarantine_in

TODAY = datetime.date(2026, 3, 10)
ENTRY = {
    "test": '"test_m.ATest.test_a"',
    "owner": '"payments"',
    "ticket": '"SHOP-12"',
    "expires": "2026-03-31",
}


def text(**changed):
    """Return an entry with some other keys; None leaves one out."""
    lines = [f"{key} = {value}" for key, value in {**ENTRY, **changed}.items() if value is not None]
    return "\n".join(["[[quarantine]]", *lines, ""])


class QuarantineFileTest(unittest.TestCase):
    def setUp(self):
        self.path = Path(self.enterContext(tempfile.TemporaryDirectory()), "quarantine.toml")

    def read(self, content, most_days=90):
        self.path.write_text(content, encoding="utf-8")
        return quarantine_in(self.path, most_days, TODAY)

    def refused(self, content):
        with self.assertRaises(ConfigurationError) as caught:
            self.read(content)
        return caught.exception

    def test_an_entry_names_a_test_its_owner_a_ticket_and_its_last_day(self):
        quarantine = self.read(text(reason='"its clock"'))
        self.assertEqual(["test_m.ATest.test_a"], [*quarantine.tests])
        entry = quarantine.tests["test_m.ATest.test_a"]
        self.assertEqual("its clock", entry.reason)
        self.assertEqual("payments, SHOP-12, until 2026-03-31", str(entry))

    def test_an_entry_holds_on_its_last_day_and_is_over_on_the_next(self):
        last = self.read(text(expires="2026-03-10"))
        self.assertEqual((1, 0), (len(last.tests), len(last.expired)))
        over = self.read(text(expires="2026-03-09"))
        self.assertEqual((0, 1), (len(over.tests), len(over.expired)))
        self.assertEqual(1, over.expired[0].days_over(TODAY))

    def test_a_file_without_entries_is_in_order(self):
        self.assertEqual({}, self.read("").tests)
        self.assertEqual({}, self.read("quarantine = []\n").tests)

    def test_what_is_wrong_with_an_entry_is_said_in_a_line(self):
        for content, line in (
            (text(owner=None), "entry 1 (test_m.ATest.test_a): no owner"),
            (text(test=None), "entry 1 (of no test): no test"),
            (text(tickt='"a"'), "unknown key 'tickt'; did you mean ticket?"),
            (text(who='"a"'), "unknown key 'who'"),
            (text(owner='" "'), "owner = ' ' is no text"),
            (text(ticket="12"), "ticket = 12 is no text"),
            (text(expires='"2026-03-31"'), "expires = '2026-03-31' is no date: write expires = "),
            (text(expires="2026-03-31T10:00:00"), " is no date: write expires = 2026-01-31"),
            (
                text(expires="2026-06-09"),
                "it expires on 2026-06-09, 91 days ahead: 90 at most (quarantine_days)",
            ),
            (text() + text(), "2 entries for test_m.ATest.test_a"),
        ):
            with self.subTest(line):
                error = self.refused(content)
                self.assertIn(line, error.what)
                self.assertTrue(error.what.startswith(f"{self.path}: "), error.what)
                self.assertIn("an entry is [[quarantine]] with test, owner, ticket,", error.hint)

    def test_the_last_day_may_be_as_far_ahead_as_is_set(self):
        self.assertEqual(1, len(self.read(text(expires="2026-06-08")).tests))
        self.assertEqual(1, len(self.read(text(expires="2027-03-10"), most_days=365).tests))

    def test_all_that_is_wrong_is_said_at_once(self):
        error = self.refused(text(owner=None) + text(test='"b"', expires="true", ticket=None))
        self.assertEqual(f"{self.path}: 3 errors", error.what)
        self.assertEqual(3, len(error.detail.splitlines()))

    def test_what_is_no_file_of_entries_is_refused(self):
        self.assertIn("unknown key 'tests'", self.refused("tests = []").what)
        self.assertIn("quarantine is no list", self.refused("[quarantine]\ntest = 'a'").what)
        self.assertIn("quarantine is no list", self.refused("quarantine = ['a']").what)
        self.assertIn("cannot be read", self.refused("[[quarantine").what)
        self.assertIn("at line 1", self.refused("quarantine = ?\n").cause)
        self.path.unlink()
        with self.assertRaises(ConfigurationError) as caught:
            quarantine_in(self.path, 90)
        self.assertIn("No such file", caught.exception.cause)
