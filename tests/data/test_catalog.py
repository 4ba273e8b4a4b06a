"""How two catalogs differ, in lines that can be read."""

import unittest

from harness.data.catalog import Catalog

KEY = ("function", "public.f()")


class DifferenceTest(unittest.TestCase):
    def test_equal_ones_do_not_differ(self):
        self.assertEqual([], Catalog({KEY: "x"}).difference(Catalog({KEY: "x"})))

    def test_what_is_gone_and_what_is_new(self):
        self.assertEqual(
            ["- function public.f() x", "+ table public.t"],
            Catalog({KEY: "x"}).difference(Catalog({("table", "public.t"): ""})),
        )

    def test_of_a_long_definition_only_the_lines_that_differ(self):
        before = Catalog({KEY: "begin\nreturn 1;\nend"})
        after = Catalog({KEY: "begin\nreturn 2;\nend"})

        self.assertEqual(
            ["  function public.f()", "- return 1;", "+ return 2;"], before.difference(after)
        )
