"""Which settings go to the machines of a cluster."""

import subprocess
import sys
import unittest

from harness.core.settings_table import OPTIONS
from harness.core.settings_values import parse_optional_path
from harness.runner.cluster.travel import TRAVELLING, travelling


class TravelTest(unittest.TestCase):
    def test_no_path_travels_but_that_of_the_artifacts(self):
        paths = {name for name in TRAVELLING if OPTIONS[name].parse is parse_optional_path}
        self.assertEqual({"artifacts"}, paths)

    def test_what_tests_do_travels_and_what_is_of_one_machine_or_secret_does_not(self):
        environ = {
            "HARNESS_PROVIDERS": "docker",
            "HARNESS_STATE_DIR": "/here",
            "DATABASE_URL": "postgresql://me:secret@host",
            "HARNESS_TOKEN": "secret",
            "PATH": "/bin",
        }
        self.assertEqual({"HARNESS_PROVIDERS": "docker", "TEST_SEED": "7"}, travelling(environ, 7))

    def test_the_seed_of_the_run_wins(self):
        self.assertEqual({"TEST_SEED": "7"}, travelling({"TEST_SEED": "1"}, 7))

    def test_options_of_the_interpreter_are_those_of_this_one(self):
        code = "from harness.runner.cluster.travel import interpreter; print(interpreter())"
        options = ["-Werror", "-Wignore::ResourceWarning", "-Xutf8=1", "-Xno_debug_ranges"]
        done = subprocess.run(
            [sys.executable, *options, "-c", code], capture_output=True, text=True, check=True
        )
        self.assertEqual(f"{options}\n", done.stdout)
