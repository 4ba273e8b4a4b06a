"""Conditions of CHECK constraints: read, evaluated, and turned into limits."""

import random
import unittest
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from harness.data.checks.branches import branch
from harness.data.checks.evaluate import evaluate
from harness.data.checks.limits import Bound, limits_of, mentioned
from harness.data.checks.nodes import UnknownNameError, UnreadableError, names
from harness.data.checks.parser import parse

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class EvaluateTest(unittest.TestCase):
    def assertValue(self, expected, text, **row):
        with self.subTest(text, **row):
            self.assertEqual(expected, evaluate(parse(text), row))

    def test_comparisons_as_postgres_writes_them(self):
        self.assertValue(True, "(price > (0)::numeric)", price=Decimal("0.5"))
        self.assertValue(False, "((a)::text <> ''::text)", a="")
        self.assertValue(True, "(x = '-1'::integer)", x=-1)
        self.assertValue(True, "((n >= 1) AND (n <= 10))", n=10)
        self.assertValue(True, "(((a)::text = 'x'::text) OR (b IS NOT NULL))", a="y", b=1)
        self.assertValue(True, "(born < '2000-01-01'::date)", born=date(1999, 12, 31))
        self.assertValue(
            False, "(s = ANY (ARRAY['new'::text, 'paid'::character varying(9)]))", s="old"
        )
        self.assertValue(True, "(s <> ALL (ARRAY['new'::text]))", s="old")
        self.assertValue(True, "((s)::text = ANY (('{a,b}'::character varying[])::text[]))", s="b")

    def test_conditions_as_people_write_them(self):
        self.assertValue(True, "status in ('a', 'b') and not (n between 1 and 3)", status="a", n=4)
        self.assertValue(False, "n NOT BETWEEN 1 AND 3", n=2)
        self.assertValue(True, "a is distinct from b", a=1, b=None)
        self.assertValue(True, 'x == 1 AND "Odd ""Name" != 2', x=1, **{'Odd "Name': 3})
        self.assertValue(True, "case when kind = 'a' then n > 5 else n < 5 end", kind="b", n=1)
        self.assertValue(True, "case kind when 'a' then 1 else 2 end = 1", kind="a")
        self.assertValue(True, "cast(n as numeric) / 4 = 0.5 -- a remark", n=2)
        self.assertValue(True, "date '2000-01-01' <= d", d=date(2000, 1, 1))

    def test_null_is_neither_true_nor_false(self):
        self.assertValue(None, "a > 1", a=None)
        self.assertValue(False, "a > 1 and b > 1", a=None, b=0)
        self.assertValue(True, "a > 1 or b > 1", a=None, b=2)
        self.assertValue(None, "a in (1, null)", a=2)
        self.assertValue(1, "num_nonnulls(a, b)", a=None, b=2)
        self.assertValue(2, "coalesce(a, b)", a=None, b=2)

    def test_patterns(self):
        self.assertValue(True, "(zip ~ '^[0-9]{5}(-[0-9]{4})?$'::text)", zip="12345-6789")
        self.assertValue(False, "zip ~ '^[0-9]{5}$'", zip="12345\n")
        self.assertValue(True, "(email ~~ '%@%'::text)", email="a@b")
        self.assertValue(True, "code like 'A\\_%'", code="A_1")
        self.assertValue(True, "code ~* '^[[:alpha:]]+$'", code="abc")
        self.assertValue(True, "code GLOB '[A-Z]??'", code="X12")

    def test_arithmetic_dates_and_functions(self):
        self.assertValue(7, "1 + 2 * 3")
        self.assertValue(-3, "- 7 / 2")
        self.assertValue(
            True, "ends - starts <= 30", starts=date(2026, 1, 1), ends=date(2026, 1, 9)
        )
        self.assertValue(True, "e > s + '1 day'::interval", s=NOON, e=NOON + timedelta(days=2))
        self.assertValue(Decimal(2026), "EXTRACT(year FROM d)", d=date(2026, 3, 1))
        self.assertValue(Decimal(4), "date_part('dow'::text, d)", d=NOON)
        self.assertValue(3, "char_length(btrim(a))", a=" abc ")
        self.assertValue("bc", "SUBSTRING(a FROM 2 FOR 2)", a="abcd")
        self.assertValue(True, "POSITION(('@'::text) IN (a)) > 1", a="a@b")
        self.assertValue("object", "jsonb_typeof(j)", j={})
        self.assertValue(True, "born <= CURRENT_DATE - '18 years'::interval", born=date(1990, 1, 1))

    def test_what_decides_is_enough_though_the_rest_is_not_known(self):
        self.assertValue(False, "a > 1 and mystery(b)", a=0)
        self.assertValue(True, "a > 1 or mystery(b) > 2", a=2)
        with self.assertRaises(UnknownNameError):
            evaluate(parse("a > 1 and b > 1"), {"a": 2})
        with self.assertRaisesRegex(UnreadableError, r"mystery\(\)"):
            evaluate(parse("mystery(a)"), {"a": 1})

    def test_what_cannot_be_read_says_what_it_was(self):
        for text, reason in (
            ("exists (select 1)", "exists"),
            ("a > 1 b", "'b'"),
            ("a > ", "the end"),
            ("(a > 1", "where '\\)' was expected"),
            ("a > 1 ; drop", "';"),
        ):
            with self.subTest(text), self.assertRaisesRegex(UnreadableError, reason):
                parse(text)


class LimitsTest(unittest.TestCase):
    def limits(self, text, column="a", others=None, **row):
        leaves = branch(parse(text), random.Random(1), row)
        return limits_of(column, leaves, row, others)

    def test_bounds_come_from_both_sides(self):
        limits = self.limits("a > 1 and 10 >= a and a < 20 and a <> 5")

        self.assertEqual((Bound(1, True), Bound(10)), (limits.low, limits.high))

    def test_a_list_leaves_its_items(self):
        self.assertEqual(["x", "y"], self.limits("a in ('x', 'y')").choices)
        self.assertEqual(["y"], self.limits("a in ('x', 'y') and a in ('y', 'z')").choices)
        self.assertEqual([3], self.limits("a = 3").choices)

    def test_a_column_that_is_known_is_a_bound(self):
        limits = self.limits("a < b and a + 2 >= b - 3", b=10)

        self.assertEqual((Bound(5), Bound(10, True)), (limits.low, limits.high))

    def test_a_column_drawn_later_leaves_its_bound(self):
        later = self.limits("b <= 10", "b")

        self.assertEqual(Bound(10, True), self.limits("a < b", others={"b": later}).high)

    def test_lengths_patterns_and_case(self):
        limits = self.limits("char_length(a) <= 5 and length(a) > 2 and a ~ '^x' and a = upper(a)")

        self.assertEqual((3, 5), (limits.shortest, limits.longest))
        self.assertEqual((["^x"], "upper"), (limits.patterns, limits.case))

    def test_a_side_of_an_or_is_drawn_among_those_that_are_open(self):
        text = "(kind = 'a' and a is not null) or (kind = 'b' and a is null)"

        self.assertFalse(self.limits(text, kind="a").null)
        self.assertTrue(self.limits(text, kind="b").null)

    def test_a_negation_is_turned_around(self):
        limits = self.limits("not (a < 3 or a in (5, 6) or a is null)")

        self.assertEqual((Bound(3), False), (limits.low, limits.null))

    def test_a_boolean_column_is_a_condition(self):
        self.assertEqual([[True], [False]], [self.limits(t).choices for t in ("a", "not a")])

    def test_what_a_condition_mentions_is_worth_a_try(self):
        node = parse("case when a = 'x' then n > 1 else (a)::text = any (array['y', 'z']) end")

        self.assertEqual(["x", "y", "z"], mentioned("a", node))
        self.assertEqual({"a", "n"}, names(node))
