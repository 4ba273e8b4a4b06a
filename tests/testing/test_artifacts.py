"""Names of folders and files that are safe whatever a test is called, and taken by nobody."""

import multiprocessing
import os
import threading
import unittest

from harness.testing.artifacts import LONGEST_NAME, new_file, new_folder, safe_name, write
from tests.support.unit import IS_ROOT, NO_PERMISSIONS, DirectoryTest


class NameTest(unittest.TestCase):
    def test_an_ordinary_test_keeps_its_name(self):
        name = "tests.test_shop.ShopTest.test_buying"

        self.assertEqual(name, safe_name(name))

    def test_no_name_leaves_its_directory(self):
        for text in (
            "..",
            "../x",
            "/etc/passwd",
            "a/../../b",
            "~root",
            "",
            ".",
            "\0",
            "a\\b",
            "x\n",
        ):
            with self.subTest(text):
                name = safe_name(text)
                self.assertRegex(name, r"^[A-Za-z0-9][A-Za-z0-9._=-]*$")

    def test_a_name_is_never_too_long_for_a_file_system(self):
        for text in ("t" * 10_000, "ä" * 10_000, "(i=1) " * 99):
            self.assertLessEqual(len(safe_name(text)), LONGEST_NAME)

    def test_names_that_differ_stay_different(self):
        texts = ["a b", "a/b", "a_b", "a\nb", "t" * 200, "t" * 201, "test (i=1)", "test [i=1]"]

        self.assertEqual(len(texts), len({safe_name(text) for text in texts}))

    def test_a_text_that_cannot_be_encoded_has_a_name(self):
        self.assertTrue(safe_name("\ud800"))


def make_folders(parent, results):
    results.put([new_folder(parent, "a test").name for _ in range(20)])


class NewTest(DirectoryTest):
    def test_a_name_that_is_taken_is_numbered(self):
        names = [new_folder(self.directory / "new", "t").name for _ in range(3)]
        files = [new_file(self.directory, "t", ".log").name for _ in range(3)]

        self.assertEqual(["t", "t-2", "t-3"], names)
        self.assertEqual(["t.log", "t-2.log", "t-3.log"], files)

    def test_processes_never_share_a_folder(self):
        context = multiprocessing.get_context("spawn")
        results = context.Queue()
        processes = [
            context.Process(target=make_folders, args=(self.directory, results)) for _ in range(2)
        ]
        for process in processes:
            process.start()
        names = [name for _ in processes for name in results.get(timeout=60)]
        for process in processes:
            process.join()
        results.close()
        results.join_thread()

        self.assertEqual(40, len(set(names)))

    def test_threads_never_share_a_folder(self):
        names = []

        def make():
            names.extend(new_folder(self.directory, "t").name for _ in range(20))

        threads = [threading.Thread(target=make) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        self.assertEqual(80, len(set(names)))

    def test_a_directory_that_is_a_file_is_an_error_and_no_endless_search(self):
        with self.assertRaises(OSError):
            new_folder(self.write("file"), "t")

    @unittest.skipIf(IS_ROOT, NO_PERMISSIONS)
    def test_a_directory_that_cannot_be_written_is_an_error(self):
        os.chmod(self.directory, 0o500)
        with self.assertRaises(PermissionError):
            new_folder(self.directory, "t")

    def test_whatever_was_logged_can_be_written(self):
        file = self.directory / "x.log"

        write(file, "ä \ud800 \x1b")

        self.assertEqual("ä \\ud800 \x1b", file.read_text(encoding="utf-8"))
