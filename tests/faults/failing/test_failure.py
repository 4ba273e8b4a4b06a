"""Which statements a failure is meant for, and which of several that are armed happens."""

import unittest

from harness.errors import FaultError
from harness.faults.failing.asking import Asked
from harness.faults.failing.failure import Failure
from harness.faults.failing.trigger import Triggers


def matching(on, *statements, protocol="postgres"):
    failure = Failure("", protocol, on=on)
    return [text for text in statements if failure.matches(text)]


class FailureTest(unittest.TestCase):
    def test_it_is_meant_for_statements_that_begin_so_whatever_the_case_and_the_white_space(self):
        for text in (
            "UPDATE orders",
            "update\n\torders set a = 1",
            " ;update orders",
            "/* a */ --b\nupdate orders",
        ):
            self.assertEqual([text], matching("update orders", text))

    def test_it_is_not_meant_for_those_that_say_so_further_on(self):
        self.assertEqual([], matching("update", "select 1 for update", "updates", "-- update"))
        self.assertEqual(["select 1 for update"], matching(".*for update", "select 1 for update"))

    def test_no_word_is_meant_in_part(self):
        self.assertEqual(
            ["insert into a"], matching("insert into a", "insert into ab", "insert into a")
        )
        self.assertEqual(["SET user:1 a"], matching("set user:", "SET user:1 a", "SETEX user:1 a"))

    def test_an_alternative_is_one_as_a_whole(self):
        self.assertEqual(
            ["delete", "update"], matching("delete|update", "delete", "update", "updated")
        )

    def test_without_a_pattern_it_is_meant_for_what_does_something(self):
        quiet = ("begin", "START TRANSACTION", "rollback", "savepoint a", "set x = 1", "", " -- a")
        self.assertEqual(["select 1", "commit"], matching(None, *quiet, "select 1", "commit"))

    def test_what_is_named_may_be_any(self):
        self.assertEqual(["begin"], matching("begin", "begin", "commit"))


class TriggersTest(unittest.TestCase):
    def setUp(self):
        self.triggers = Triggers()

    def happening(self, *statements):
        return [text for text in statements if self.triggers.take(text)]

    def test_it_happens_once(self):
        self.triggers.arm(Failure("", "postgres"))
        self.assertEqual(["a"], self.happening("a", "b"))

    def test_it_happens_so_often_after_so_many(self):
        self.triggers.arm(Failure("", "postgres", on="a", times=2, after=1))
        self.assertEqual(["a 2", "a 3"], self.happening("a 1", "b", "a 2", "a 3", "a 4"))

    def test_it_may_happen_for_ever(self):
        self.triggers.arm(Failure("", "postgres", times=None))
        self.assertEqual(["a", "b", "c"], self.happening("a", "b", "c"))

    def test_of_several_the_first_happens_first(self):
        one = self.triggers.arm(Failure("one", "postgres"))
        self.triggers.arm(Failure("two", "postgres"))
        self.assertEqual(["one", "two"], [self.triggers.take("a").words for _ in range(2)])
        self.triggers.disarm(one)
        self.assertIsNone(self.triggers.take("a"))

    def test_it_keeps_the_last_statements_that_it_has_seen(self):
        trigger = self.triggers.arm(Failure("", "postgres", on="x"))
        self.happening(*(f"select {number}" for number in range(12)))
        report = trigger.report()
        self.assertEqual((0, 12), (report.happened, report.count))
        self.assertEqual([f"select {number}" for number in range(2, 12)], report.seen)


class AskedTest(unittest.TestCase):
    def refused(self, *arguments, **fields):
        with self.assertRaises(FaultError) as raised:
            Asked(*arguments, **fields).check()
        return str(raised.exception)

    def test_it_is_shown_as_it_was_written(self):
        self.assertEqual(
            "fail_next('53100', on='insert', after=1, times=2, message='full')",
            str(Asked("53100", on="insert", times=2, after=1, message="full")),
        )

    def test_what_cannot_be_says_what_to_write(self):
        self.assertEqual(
            "fail_next('53100'): on='insert (' is no regular expression: missing ), unterminated "
            "subpattern at position 7\n"
            '  next: write the begin of the statement, as in on="insert into orders"; '
            "re.escape(...) takes a text as it is",
            self.refused("53100", on="insert ("),
        )
        self.assertIn("times=0 is no number of statements", self.refused("53100", times=0))
        self.assertIn("write times=1 or more", self.refused("53100", times=True))
        self.assertIn("after=-1 is no number", self.refused("53100", after=-1))
        self.assertIn("lost='both' is nothing", self.refused("connection_lost", lost="both"))
        self.assertIn("is no line of text", self.refused("53100", message="a\nb"))
        self.assertIn("it is empty", self.refused("53100", on=" "))
        self.assertIn("7 names no error", self.refused(7))

    def test_an_error_loses_no_connection(self):
        self.assertEqual(
            "fail_next('53100'): with lost='request' there is no error\n"
            '  next: write fail_next("connection_lost", ...)',
            self.refused("53100", lost="request"),
        )
