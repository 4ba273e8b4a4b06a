"""A command as declared: what it is equal to, what makes its key, what it cannot be."""

import os
import unittest

from harness import Command
from harness.errors import ConfigurationError, ServiceDefinitionError
from tests.support.unit import DirectoryTest


class DeclaredTest(unittest.TestCase):
    def test_lists_and_dicts_become_values_that_can_be_hashed(self):
        one = Command(["a", "b"], watch=["m"], environment={"A": "1"})
        twin = Command(("a", "b"), watch=("m",), environment={"A": "1"})

        self.assertEqual(one, twin)
        self.assertEqual(hash(one), hash(twin))

    def test_it_is_shown_as_it_was_declared_without_its_secrets(self):
        command = Command(["a"], environment={"DB_PASSWORD": "sesame"}, timeout=3)

        self.assertEqual(
            "Command(command=('a',), environment={'DB_PASSWORD': '***'}, timeout=3)", repr(command)
        )

    def test_a_text_is_no_command(self):
        for wrong in ("./manage.py migrate", [], ()):
            with self.subTest(wrong), self.assertRaises(ServiceDefinitionError) as caught:
                Command(wrong)
            self.assertEqual(
                f"Command(command={wrong!r}): not a list of words\n"
                '  next: write Command(["./manage.py", "migrate"], watch=["shop/migrations"])',
                str(caught.exception),
            )

    def test_a_text_is_nothing_to_watch(self):
        with self.assertRaisesRegex(ServiceDefinitionError, "watch='m'.: not a list of words"):
            Command(["a"], watch="m")

    def test_no_time_is_not_enough(self):
        for wrong in (0, -1, float("nan")):
            with self.subTest(wrong), self.assertRaisesRegex(ServiceDefinitionError, "timeout="):
                Command(["a"], timeout=wrong)


class KeyTest(DirectoryTest):
    def source(self, *words, **options):
        return Command(words or ("a",), **options).source(lambda path: self.directory / path)

    def test_what_is_watched_makes_the_key(self):
        path = self.write("m/1.py")

        source = self.source(watch=["m"])

        self.assertEqual([path], source.files())
        self.assertNotIn(str(os.getpid()), source.parts())

    def test_where_nothing_is_declared_the_key_is_of_this_process(self):
        self.assertIn(str(os.getpid()), self.source().parts())

    def test_the_words_the_variables_and_the_url_make_the_key(self):
        keys = {
            tuple(source.parts())
            for source in (
                self.source(watch=[]),
                self.source("b", watch=[]),
                self.source(watch=[], environment={"A": "1"}),
                self.source(watch=[], variable="URL"),
                self.source(watch=[], driver="psycopg"),
            )
        }

        self.assertEqual(5, len(keys))

    def test_a_place_to_watch_that_is_not_there(self):
        with self.assertRaisesRegex(ConfigurationError, "there is nothing at .*gone"):
            self.source(watch=["gone"])

    def test_a_command_has_no_steps(self):
        with self.assertRaisesRegex(ConfigurationError, "'a' are a command, which has no steps"):
            self.source().steps()
