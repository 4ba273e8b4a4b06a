"""The tree of errors, and how each of them reads."""

import copy
import inspect
import pickle
import re
import unittest

from harness import errors
from harness.errors import CleanupError, HarnessError, again, render

DRAWN = re.compile(r"^(?P<indent>[│ ]*)[├└]── (?P<name>\w+)", re.MULTILINE)
OTHERS = {"ImportError", "AttributeError", "ExceptionGroup", "TimeoutError"}


def classes():
    """Return every class of the module that is an error of ours, by name."""
    found = inspect.getmembers(errors, inspect.isclass)
    return {name: kind for name, kind in found if issubclass(kind, HarnessError)}


def drawn():
    """Return the tree in the module's docstring, as the parent's name by each class's name."""
    parents, path = {}, ["HarnessError"]
    for match in DRAWN.finditer(inspect.getdoc(errors)):
        depth = len(match["indent"]) // 4  # the block itself is indented once
        path = [*path[:depth], match["name"]]
        parents[match["name"]] = path[depth - 1]
    return parents


def made(kind):
    if kind is CleanupError:
        return kind("2 clean-ups failed", [ValueError("a"), OSError("b")])
    return kind("it failed", cause="a bug", hint="mend it", detail="line 1\nline 2\n")


class TreeTest(unittest.TestCase):
    def test_the_docstring_shows_the_real_tree(self):
        real = {name: kind.__bases__[0].__name__ for name, kind in classes().items()}
        del real["HarnessError"]

        self.assertEqual(real, drawn())

    def test_all_is_complete_and_sorted(self):
        self.assertEqual(sorted(classes()), errors.__all__)

    def test_bases_of_pythons_own_are_told_in_the_docstring(self):
        for name, kind in classes().items():
            for base in kind.__bases__[1:]:
                self.assertIn(base.__name__, OTHERS)
                line = next(row for row in errors.__doc__.splitlines() if f" {name} " in row)
                self.assertRegex(line, rf"\(also an? {base.__name__}\)")

    def test_every_class_says_what_it_is(self):
        for name, kind in classes().items():
            self.assertTrue(kind.__doc__, name)


class WordingTest(unittest.TestCase):
    def test_every_error_says_what_why_and_what_next(self):
        for name, kind in classes().items():
            if kind is not CleanupError:
                with self.subTest(name):
                    self.assertEqual(
                        "it failed\n    line 1\n    line 2\n  likely cause: a bug\n  next: mend it",
                        str(made(kind)),
                    )

    def test_what_is_not_known_is_not_said(self):
        self.assertEqual("it failed", render("it failed", None, None, None))
        self.assertEqual(
            "it failed\n  next: mend it", str(HarnessError("it failed", hint="mend it"))
        )

    def test_every_error_survives_pickling_and_copying(self):
        for name, kind in classes().items():
            with self.subTest(name):
                error = made(kind)
                for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
                    self.assertIs(kind, type(twin))
                    self.assertEqual(str(error), str(twin))
                    self.assertEqual(error.hint, twin.hint)


class AgainTest(unittest.TestCase):
    def test_a_copy_has_no_notes_and_no_trace_and_keeps_the_cause(self):
        for name, kind in classes().items():
            with self.subTest(name):
                error, cause = made(kind), ValueError("cause")
                try:
                    raise error from cause
                except HarnessError:
                    error.add_note("seen")

                twin = again(error)

                self.assertIsNot(error, twin)
                self.assertIs(kind, type(twin))
                self.assertEqual(str(error), str(twin))
                self.assertIs(cause, twin.__cause__)
                self.assertIsNone(twin.__traceback__)
                self.assertFalse(hasattr(twin, "__notes__"))
                self.assertEqual(["seen"], error.__notes__)

    def test_an_error_of_others_keeps_where_it_was_raised(self):
        try:
            raise OSError(2, "gone")
        except OSError as caught:
            error = caught

        twin = again(error)

        self.assertIsNot(error, twin)
        self.assertEqual(error.args, twin.args)
        self.assertIs(error.__traceback__, twin.__traceback__)

    def test_an_error_that_cannot_be_copied_is_itself(self):
        class OddError(Exception):
            def __init__(self, one, two):
                super().__init__(one)

        error = OddError(1, 2)

        self.assertIs(error, again(error))


class CleanupErrorTest(unittest.TestCase):
    def test_it_lists_every_failure(self):
        self.assertEqual("2 clean-ups failed\n    - a\n    - b", str(made(CleanupError)))

    def test_it_is_a_group_of_its_failures(self):
        caught = []
        try:
            raise made(CleanupError)
        except* ValueError as group:
            caught.append(group)
        except* OSError as group:
            caught.append(group)

        self.assertEqual(["a", "b"], [str(group.exceptions[0]) for group in caught])
        for group in caught:
            self.assertIsInstance(group, CleanupError)
