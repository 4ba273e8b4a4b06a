"""What is read out of a traceback."""

import traceback
import unittest

from harness.report.tracebacks import headline, reason_of


def told(error, **options):
    """Return the traceback of an error, as a worker tells it."""
    try:
        raise error
    except BaseException as caught:
        return "".join(traceback.TracebackException.from_exception(caught, **options).format())


class ReasonTest(unittest.TestCase):
    def test_it_is_the_exception_with_its_whole_message(self):
        self.assertEqual("ValueError: one\n\n- two", reason_of(told(ValueError("one\n\n- two"))))
        self.assertEqual("ValueError: one", headline(told(ValueError("one\n\n- two"))))

    def test_notes_of_harness_are_none_of_it(self):
        error = ValueError("one")
        error.add_note("a note of the user's")
        error.add_note("harness: repeat with: ...\nand more of it")
        self.assertEqual("ValueError: one\na note of the user's", reason_of(told(error)))

    def test_of_a_chain_it_is_the_last(self):
        error = ValueError("first")
        error.__cause__ = OSError("cause")
        self.assertEqual("ValueError: first", reason_of(told(error)))

    def test_of_a_group_it_is_the_last_of_its_exceptions(self):
        inner = []
        for number in range(2):
            try:
                raise ValueError(f"number {number}")
            except ValueError as error:
                inner.append(error)
        self.assertEqual("ValueError: number 1", headline(told(ExceptionGroup("two", inner))))

    def test_local_variables_are_none_of_it(self):
        self.assertEqual("ValueError: x", reason_of(told(ValueError("x"), capture_locals=True)))

    def test_an_error_of_syntax_is_told_by_its_name(self):
        try:
            compile("class A(:", "a.py", "exec")
        except SyntaxError as error:
            self.assertEqual("SyntaxError: invalid syntax", reason_of(told(error)))

    def test_what_is_no_traceback_is_all_of_it(self):
        self.assertEqual("worker 2 ended: SIGKILL", reason_of("worker 2 ended: SIGKILL"))
        self.assertEqual("", headline(""))
