"""Finding the library that has the mock cluster."""

import unittest
from pathlib import Path
from unittest import mock

from harness.services.kafka import library


class LibraryTest(unittest.TestCase):
    def setUp(self):
        library.library.cache_clear()
        self.addCleanup(library.library.cache_clear)

    def test_the_one_of_the_wheel_has_all_that_is_needed(self):
        self.assertIsInstance(library.library(), Path)

    def test_without_the_client_it_says_what_to_install(self):
        with mock.patch.object(library.importlib.util, "find_spec", return_value=None):
            self.assertIn('pip install "unittest-harness[kafka]"', library.library())

    def test_without_a_library_of_its_own_it_says_so(self):
        with mock.patch.object(library, "libraries_beside", return_value=[]):
            self.assertIn("install its wheel", library.library())

    def test_a_library_without_a_symbol_is_named(self):
        with mock.patch.object(library, "NEEDED", ("rd_kafka_mock_teleport",)):
            self.assertIn("lacks rd_kafka_mock_teleport: install 2.15", library.library())

    def test_a_file_that_is_no_library_is_told(self):
        self.assertIn("what it needs itself", library.lacking(Path(__file__)))
