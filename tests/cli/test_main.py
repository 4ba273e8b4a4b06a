"""The command line: its help, its options and its errors."""

import contextlib
import unittest
from unittest import mock

from click.testing import CliRunner

from harness import __version__
from harness.cli.main import COMMANDS, main
from harness.cli.text import WIDTH, indented
from tests.support.unit import DirectoryTest, run_python


class CommandTest(DirectoryTest):
    """A test that runs commands in a directory and an environment of its own."""

    def setUp(self):
        super().setUp()
        self.environment()
        self.enterContext(contextlib.chdir(self.directory))

    def run_command(self, *arguments):
        return CliRunner().invoke(main, arguments)


class HelpTest(CommandTest):
    def test_help_lists_the_commands_and_fits_a_terminal(self):
        for option in ("--help", "-h"):
            done = self.run_command(option)
            self.assertEqual(0, done.exit_code)
            for word in ("doctor", "settings", "--set", "--version"):
                self.assertIn(word, done.output)
            self.assertLessEqual(max(map(len, done.output.splitlines())), WIDTH)

    def test_every_command_has_help(self):
        for name in COMMANDS:
            with self.subTest(name):
                done = self.run_command(name, "--help")
                self.assertEqual(0, done.exit_code)
                self.assertGreater(len(done.output.splitlines()), 4)
                self.assertLessEqual(max(map(len, done.output.splitlines())), WIDTH)

    def test_the_version_is_ours(self):
        self.assertEqual(f"harness, version {__version__}\n", self.run_command("--version").output)

    def test_an_unknown_command_is_an_error(self):
        self.assertEqual(2, self.run_command("docter").exit_code)


class InterruptTest(CommandTest):
    def test_an_interrupt_has_an_exit_code_of_its_own(self):
        with mock.patch("harness.cli.run.options_of", side_effect=KeyboardInterrupt):
            done = self.run_command("run")
        self.assertEqual((130, "harness: interrupted\n"), (done.exit_code, done.output))


class SetTest(CommandTest):
    def test_an_unknown_setting_exits_with_2_and_names_the_nearest(self):
        done = self.run_command("--set", "provider=docker", "settings")

        self.assertEqual(2, done.exit_code)
        self.assertEqual(
            "harness: unknown setting 'provider' in --set\n  next: did you mean providers?\n",
            done.stderr,
        )
        self.assertEqual("", done.stdout)

    def test_a_bad_value_exits_with_2_and_says_why(self):
        done = self.run_command("--set", "seed=x", "settings")

        self.assertEqual(2, done.exit_code)
        self.assertIn("harness: the setting seed has the value 'x', set by --set\n", done.stderr)

    def test_what_is_no_pair_exits_with_2_and_lists_the_names(self):
        done = self.run_command("--set", "seed", "settings")

        self.assertEqual(2, done.exit_code)
        self.assertIn(
            "--set seed: expected NAME=VALUE\n  next: names are: providers, ", done.stderr
        )

    def test_a_broken_file_exits_with_2(self):
        self.write("setup.cfg", "[harness]\nsede = 1\n")

        done = self.run_command("settings")

        self.assertEqual(2, done.exit_code)
        self.assertIn("did you mean seed?", done.stderr)

    def test_the_last_of_two_wins_and_a_value_may_hold_an_equals_sign(self):
        done = self.run_command(
            "--set", "seed=1", "--set", " seed =2", "--set", "providers=a=docker", "settings"
        )

        self.assertIn("seed = 2\n    from --set; variable TEST_SEED\n", done.output)
        self.assertIn("providers = a=docker\n", done.output)


class TextTest(unittest.TestCase):
    def test_long_lines_are_wrapped(self):
        text = indented("word " * 40, 5)

        self.assertLessEqual(max(map(len, text.splitlines())), WIDTH)
        self.assertTrue(all(line.startswith("     word") for line in text.splitlines()))

    def test_paths_stay_whole(self):
        path = "/" + "x" * 100

        self.assertIn(path, indented(f"in {path} there is no-hyphen-break", 5))

    def test_lines_keep_their_own_indentation(self):
        self.assertEqual("  a\n    b", indented("a\n  b", 2))

    def test_nothing_is_nothing(self):
        self.assertEqual("", indented("", 4))


class ModuleTest(unittest.TestCase):
    def test_the_command_imports_no_client(self):
        code = """
import sys
from harness.cli.main import COMMANDS, main
clients = ("pg8000", "docker", "testcontainers", "sqlalchemy", "asyncio", "unittest")
print([name for name in clients if name in sys.modules])
"""
        self.assertEqual("[]\n", run_python(code).stdout)
