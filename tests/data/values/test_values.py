"""Drawing values by type, within limits, and by name."""

import random
import re
import sys
import unittest
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from unittest import mock

from harness.data.checks.limits import Bound, Limits
from harness.data.checks.nodes import UnreadableError
from harness.data.checks.patterns import from_glob, from_like, from_posix
from harness.data.schema.model import Type
from harness.data.values import named
from harness.data.values.drawing import Wish, draw
from harness.data.values.regex import write
from harness.data.values.scales import SCALES
from harness.data.values.shapes import NotDrawableError


def drawn(kind, count=200, seed=1, **limits):
    """Return values of a type within limits."""
    rng = random.Random(seed)
    return [draw(kind, Wish(Limits(**limits)), rng) for _ in range(count)]


class PatternTest(unittest.TestCase):
    patterns = (
        from_posix(r"^[A-Z]{2}-\d{3,5}$"),
        from_posix(r"^(abc|x+y?)[^a-y]*z$"),
        from_posix(r"^[[:alpha:]_][[:alnum:]_]*$"),
        from_posix(r"@.+\."),
        from_posix(r"^\+?[0-9 ()/-]{6,20}$"),
        from_posix(r"^[^@\s]+@[^@\s]+\.[a-z]{2,}$"),
        from_posix(r"^(?:a|b)(?:c|)\w\D\S$"),
        from_posix(r"^[]\-a]{3}\.$"),
        from_posix(r"^[a-z._%+-]+@[a-z]+[.][a-z]{2,3}$"),
        from_posix(r"^#[0-9a-fA-F]{6}$|^$"),
        from_posix(r"^a{2}b{0}c{1,}?$"),
        from_posix(r"\mword\M"),
        from_like(r"SKU-__\_%"),
        from_glob("[A-F][0-9]?-*"),
    )

    def test_what_is_written_matches(self):
        rng = random.Random(1)
        for pattern in self.patterns:
            for _ in range(200):
                with self.subTest(pattern):
                    self.assertRegex(write(pattern, rng), re.compile(pattern, re.DOTALL))

    def test_what_is_not_simple_is_refused(self):
        for pattern in (r"^(?=a)b", r"(a)\1", r"(", r"[a", r"a{2", "*a", r"^[^\x00-\xff]$", "a)"):
            with self.subTest(pattern), self.assertRaises(UnreadableError):
                write(pattern, random.Random(1))


class OrderedTest(unittest.TestCase):
    def test_numbers_fit_their_precision(self):
        for length, scale in ((3, 0), (3, 3), (5, 2), (19, 8), (4, -2), (2, 4)):
            with self.subTest(length=length, scale=scale):
                for value in drawn(Type("numeric", length=length, scale=scale)):
                    steps = Decimal(value).scaleb(scale)
                    self.assertEqual(steps, steps.to_integral_value())
                    self.assertLess(abs(steps), 10**length)

    def test_every_type_stays_between_its_bounds(self):
        noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
        for name, low, high in (
            ("int2", -3, 3),
            ("int8", 10**15, 10**15 + 5),
            ("numeric", Decimal("0.005"), Decimal("0.03")),
            ("float8", 0, 0.02),
            ("money", 5, 6),
            ("date", date(1900, 2, 27), date(1900, 3, 2)),
            ("timestamptz", noon, noon + timedelta(seconds=3)),
            ("timestamp", noon.replace(tzinfo=None), noon.replace(tzinfo=None, hour=13)),
            ("time", time(23, 59, 57), time(23, 59, 59)),
            ("interval", timedelta(days=-2), timedelta(0)),
        ):
            count = SCALES[name](Type(name)).count
            for open_ends in (False, True):
                with self.subTest(name, open=open_ends):
                    bounds = {"low": Bound(low, open_ends), "high": Bound(high, open_ends)}
                    found = {count(value) for value in drawn(Type(name), **bounds)}
                    self.assertTrue(count(low) <= min(found) <= max(found) <= count(high))
                    if open_ends:
                        self.assertTrue(found.isdisjoint({count(low), count(high)}))

    def test_one_bound_is_enough(self):
        self.assertTrue(all(5 < v <= 1000 for v in drawn(Type("int4"), low=Bound(5, open=True))))
        self.assertTrue(all(v >= 5000 for v in drawn(Type("int4"), low=Bound(5000))))
        self.assertTrue(all(v < 0 for v in drawn(Type("int4"), high=Bound(0, open=True))))

    def test_bounds_that_leave_nothing(self):
        with self.assertRaises(NotDrawableError):
            drawn(Type("int4"), low=Bound(5, open=True), high=Bound(6, open=True))
        with self.assertRaises(NotDrawableError):
            drawn(Type("int2"), low=Bound(40000))


class TextTest(unittest.TestCase):
    def test_texts_keep_to_their_length_and_case(self):
        kind = Type("varchar", length=10)

        self.assertEqual({8}, {len(text) for text in drawn(kind)})
        self.assertEqual({9}, {len(text) for text in drawn(kind, shortest=9)})
        self.assertEqual({2}, {len(text) for text in drawn(kind, longest=2)})
        self.assertTrue(all(text.isupper() for text in drawn(kind, case="upper")))
        self.assertEqual({"x", "y"}, set(drawn(kind, choices=["x", "y"])))

    def test_lengths_that_leave_nothing(self):
        with self.assertRaises(NotDrawableError):
            drawn(Type("varchar", length=3), shortest=4)

    def test_a_type_that_is_not_known_says_so(self):
        with self.assertRaisesRegex(NotDrawableError, "of the type geometry are not known"):
            drawn(Type("geometry"))


class NamedTest(unittest.TestCase):
    def test_numbers_and_days_are_usual_for_their_name(self):
        for name, kind, low, high in (
            ("age", "int4", 18, 90),
            ("UnitPrice", "numeric", 1, 1000),
            ("latitude", "float8", -90, 90),
            ("birth_date", "date", date(1950, 1, 1), date(2005, 12, 31)),
        ):
            rng = random.Random(1)
            for _ in range(100):
                value = draw(Type(kind), Wish(Limits(), column=name), rng)
                self.assertTrue(low <= value <= high, (name, value))

    def test_a_name_is_a_persons_where_the_table_is_of_people(self):
        self.assertEqual("name", named.method("name", "Customers"))
        self.assertIsNone(named.method("name", "products"))
        self.assertEqual("first_name", named.method("FirstName", "x"))

    def test_texts_are_what_their_name_says(self):
        self.need_faker()
        for name, pattern in (
            ("email", r"^\S+@example\.(com|net|org)$"),
            ("home_page", r"^https?://"),
            ("ip_address", r"^\d+\.\d+\.\d+\.\d+$"),
            ("country_code", r"^[A-Z]{2}$"),
        ):
            self.assertRegex(named.text_for(name, "users", random.Random(1)), pattern)

    def need_faker(self):
        if named.faker() is None:
            self.skipTest("Faker is not installed")

    def test_every_method_is_one_of_fakers(self):
        self.need_faker()
        for _, method in named.TEXTS:
            with self.subTest(method):
                self.assertTrue(str(getattr(named.faker(), method)()))

    def test_the_same_seed_draws_the_same_text(self):
        self.need_faker()
        for _, method in named.TEXTS:
            named.faker().random = random.Random(3)
            first = getattr(named.faker(), method)()
            named.faker().random = random.Random(3)
            self.assertEqual(first, getattr(named.faker(), method)())

    def test_without_faker_texts_have_the_form_that_they_need(self):
        with mock.patch.dict(sys.modules, {"faker": None}):
            named.faker.cache_clear()
            self.addCleanup(named.faker.cache_clear)
            texts = [named.text_for(n, "t", random.Random(1)) for n in ("email", "url", "city")]

        self.assertRegex(texts[0], r"^[a-z]{8}@example\.com$")
        self.assertRegex(texts[1], r"^https://example\.com/[a-z]{8}$")
        self.assertIsNone(texts[2])
