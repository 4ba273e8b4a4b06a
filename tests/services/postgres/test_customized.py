"""Which statements may make up a setting."""

import unittest

from harness.services.postgres.customized import makes_setting

MAKING = (
    "set my.thing = 'x'",
    "SET LOCAL my.thing to 'x'",
    "/* a */ set session\n  my.thing = default",
    'set "My" . "thing" = 1',
    "select set_config('my.thing', 'x', false)",
    "select 1; set my.thing = 'x'",
    "do $$ begin perform set_config('my.' || 'thing', 'x', false); end $$",
)
OTHERS = (
    "set work_mem = '1MB'",
    "set search_path = a, b",
    "select offset from my.thing",
    "update my.thing set name = 'a'",
    "reset all",
    "",
)


class MakesSettingTest(unittest.TestCase):
    def test_those_that_do(self):
        for sql in MAKING:
            with self.subTest(sql):
                self.assertTrue(makes_setting(sql))

    def test_those_that_do_not(self):
        for sql in OTHERS:
            with self.subTest(sql):
                self.assertFalse(makes_setting(sql))
