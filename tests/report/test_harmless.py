"""What tests print may colour a terminal, and do nothing else to it."""

import unittest

from harness.report.harmless import PLAIN, harmless


class HarmlessTest(unittest.TestCase):
    def test_colours_are_left_and_end_with_the_text(self):
        self.assertEqual(f"\x1b[1;31mred\x1b[m{PLAIN}", harmless("\x1b[1;31mred\x1b[m"))

    def test_what_moves_the_cursor_or_rings_is_shown(self):
        for text, shown in {
            "\x1b[2J": "\\x1b[2J",
            "\x1b[r": "\\x1b[r",
            "\x1b]0;title\x07": "\\x1b]0;title\\x07",
            "\x1bc": "\\x1bc",
            "\x9b1A": "\\x9b1A",
            "\x00\x7f": "\\x00\\x7f",
        }.items():
            with self.subTest(text):
                self.assertEqual(shown, harmless(text))

    def test_lines_are_lines_however_they_end(self):
        self.assertEqual("a\nb\nc\n\td", harmless("a\r\nb\rc\r\r\n\td"))

    def test_other_letters_are_left_alone(self):
        self.assertEqual("café ☃ 試", harmless("café ☃ 試"))
