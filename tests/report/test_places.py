"""Where in the sources a test has failed."""

import tempfile
import textwrap
import traceback
import unittest
from pathlib import Path

from harness.report.places import Place, Sources, repository

NAME = "tests.test_shop.ShopTest.test_buying"


class PlacesTest(unittest.TestCase):
    def setUp(self):
        self.root = Path(self.enterContext(tempfile.TemporaryDirectory())).resolve()
        self.sources = Sources(self.root, self.root)

    def write(self, name, text=""):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
        return path

    def traceback(self, *frames, root=None):
        lines = [
            f'  File "{(root or self.root) / name}", line {line}, in f\n    f()'
            for name, line in frames
        ]
        return "\n".join(["Traceback (most recent call last):", *lines, "ValueError: what"])

    def test_it_is_the_innermost_frame_in_the_tests_own_file(self):
        text = self.traceback(("tests/test_shop.py", 7), ("tests/test_shop.py", 9), ("shop.py", 3))
        self.assertEqual(Place("tests/test_shop.py", 9), self.sources.place_of(NAME, text))

    def test_a_test_of_another_start_directory_is_found_by_the_end_of_its_path(self):
        text = self.traceback(("suites/tests/test_shop.py", 9), ("shop.py", 3))
        self.assertEqual("suites/tests/test_shop.py", self.sources.place_of(NAME, text).file)

    def test_of_a_chain_of_exceptions_the_last_counts(self):
        text = "\n\nDuring handling of the above exception, another exception occurred:\n\n".join(
            self.traceback(("tests/test_shop.py", line)) for line in (7, 12)
        )
        self.assertEqual(12, self.sources.place_of(NAME, text).line)

    def test_frames_of_a_group_count(self):
        names = {}
        exec(
            compile(
                "def f():\n    raise ExceptionGroup('two', [ValueError(1)])",
                str(self.root / "tests/test_shop.py"),
                "exec",
            ),
            names,
        )
        try:
            names["f"]()
        except ExceptionGroup as group:
            text = "".join(traceback.format_exception(group))
        self.assertEqual(Place("tests/test_shop.py", 2), self.sources.place_of(NAME, text))

    def test_without_a_frame_in_the_tests_own_file_it_is_one_of_the_repository(self):
        text = self.traceback(("cases/base.py", 5), ("venv/lib/site-packages/django/test.py", 9))
        self.assertEqual(Place("cases/base.py", 5), self.sources.place_of(NAME, text))

    def test_what_is_not_in_the_repository_has_no_place(self):
        text = self.traceback(("test.py", 9), root=Path("/usr/lib/python3"))
        self.assertIsNone(self.sources.place_of("unittest.loader._FailedTest.test_a", text))

    def test_without_a_traceback_it_is_where_the_test_is_written(self):
        self.write(
            "tests/test_shop.py",
            """
            class ShopTest:
                async def test_buying(self):
                    pass

                class Inner:
                    def test_selling(self):
                        pass
            """,
        )
        for name, line in {
            NAME: 3,
            f"{NAME}#2": 3,
            "tests.test_shop.ShopTest.Inner.test_selling": 7,
            "tests.test_shop.ShopTest.test_of_a_base_class": 2,
            "tests.test_shop.Made.test_by_a_factory": 1,
        }.items():
            with self.subTest(name):
                self.assertEqual(Place("tests/test_shop.py", line), self.sources.place_of(name, ""))
        self.write("test_broken.py", "class BrokenTest(:")
        self.assertEqual(1, self.sources.place_of("test_broken.BrokenTest.test_x", "").line)
        self.assertIsNone(self.sources.place_of("doctest", ""))


class RepositoryTest(unittest.TestCase):
    def setUp(self):
        self.root = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.below = self.root / "a" / "b"
        self.below.mkdir(parents=True)

    def test_git_tells_where_it_begins_and_the_platform_without_git(self):
        environ = {"GITHUB_WORKSPACE": str(self.root)}
        self.assertEqual(self.root, repository(self.below, environ))
        self.assertEqual(self.below, repository(self.below, {"CI_PROJECT_DIR": "/elsewhere"}))
        (self.below.parent / ".git").mkdir()
        self.assertEqual(self.below.parent, repository(self.below, environ))
