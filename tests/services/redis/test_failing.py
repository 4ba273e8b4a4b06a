"""Redis' errors by name and as a text."""

import unittest

from harness.errors import FaultError
from harness.services.redis.failing import TEXTS, text_of


class TextTest(unittest.TestCase):
    def refused(self, error):
        with self.assertRaises(FaultError) as raised:
            text_of(error)
        return str(raised.exception)

    def test_a_name_stands_for_what_servers_say(self):
        for name, text in TEXTS.items():
            self.assertEqual(text, text_of(name))
            self.assertTrue(text.startswith(f"{name} "))
        self.assertEqual(TEXTS["OOM"], text_of("oom"))

    def test_a_whole_text_is_said_as_it_is(self):
        text = "OOM command not allowed when used memory > 'maxmemory'"
        self.assertEqual(text, text_of(text))

    def test_what_is_neither_says_how_one_looks(self):
        self.assertEqual(
            "fail_next('out of memory'): no error of Redis\n"
            "  likely cause: the text of one is a line that begins with its code, in capital "
            'letters\n  next: write it as in "ERR no such thing"',
            self.refused("out of memory"),
        )
        self.assertIn("no error of Redis", self.refused("ERR a\r\n+OK"))
        self.assertIn("did you mean READONLY?", self.refused("READ_ONLY"))
