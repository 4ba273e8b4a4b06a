"""What a test prints is kept in bounds, whatever the test does."""

import contextlib
import sys
import unittest

from harness.runner.clipped import clipped
from harness.runner.printed import HEAD, TAIL, Kept, Printed


class PrintedTest(unittest.TestCase):
    @contextlib.contextmanager
    def kept_back(self):
        before = sys.stdout, sys.stderr
        printed = Printed()
        printed.begin()
        try:
            yield printed
        finally:
            printed.end()
            self.assertEqual(before, (sys.stdout, sys.stderr))

    def test_output_and_errors_are_kept_apart_and_told_together(self):
        with self.kept_back() as printed:
            print("trouble", file=sys.stderr)
            print("one", end="")
            self.assertEqual("one\ntrouble\n", printed.text())

    def test_nothing_is_left_for_the_next_test(self):
        with self.kept_back() as printed:
            print("one")
        printed.begin()
        print("two")
        text = printed.text()
        printed.end()
        self.assertEqual("two\n", text)

    def test_closing_and_replacing_the_streams_loses_nothing(self):
        with self.kept_back() as printed:
            print("before")
            sys.stdout.close()
            print("after")
            sys.stdout = None
            self.assertEqual("before\nafter\n", printed.text())

    def test_bytes_that_are_no_text_are_shown(self):
        with self.kept_back() as printed:
            sys.stdout.buffer.write(b"caf\xe9\n")
            sys.stdout.buffer.flush()
            print("\ud800")
            self.assertEqual("caf\\xe9\n\ud800\n", printed.text())

    def test_a_test_may_look_at_what_it_has_printed_as_under_unittest(self):
        with self.kept_back() as printed:
            print("one")
            self.assertEqual("one\n", sys.stdout.getvalue())
            sys.stdout.seek(0)
            sys.stdout.truncate()
            print("two")
            self.assertEqual("two\n", printed.text())


class KeptTest(unittest.TestCase):
    def test_head_and_tail_of_much_are_kept_and_the_rest_is_counted(self):
        kept, block, blocks = Kept(), "x" * 1000, 3_000
        kept.write("begin")
        for _ in range(blocks):
            kept.write(block)
        kept.write("end")

        text = kept.getvalue()
        lost = len(block) * blocks + len("beginend") - HEAD - TAIL
        self.assertEqual(f"[... {lost} characters left out ...]", text.splitlines()[1])
        self.assertTrue(text.startswith("beginx") and text.endswith("xend"))
        self.assertLess(len(text), HEAD + TAIL + 100)

    def test_one_endless_line_takes_no_more_room(self):
        kept = Kept()
        kept.write("a" * 3_000_000)
        kept.write("b" * 3_000_000)
        self.assertIn(f"[... {6_000_000 - HEAD - TAIL} characters left out ...]", kept.getvalue())

    def test_what_fits_is_kept_whole(self):
        kept, text = Kept(), "y" * (HEAD + TAIL)
        kept.write(text)
        self.assertEqual(text, kept.getvalue())


class ClippedTest(unittest.TestCase):
    def test_a_text_that_fits_is_left_alone(self):
        self.assertEqual("abcd", clipped("abcd", 4))

    def test_the_notice_has_a_line_of_its_own(self):
        self.assertEqual("\n[... 5 characters left out ...]\nxyz", clipped("\n12345xyz", 4))
