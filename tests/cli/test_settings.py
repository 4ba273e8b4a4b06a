"""`harness settings`: each setting, its value and where it came from."""

from harness.cli.text import WIDTH
from harness.core.settings_table import OPTIONS
from tests.cli.test_main import CommandTest


class SettingsTest(CommandTest):
    def test_every_setting_is_shown_with_its_variable_and_its_meaning(self):
        done = self.run_command("settings")

        self.assertEqual(0, done.exit_code)
        words = " ".join(done.output.split())
        for name, option in OPTIONS.items():
            self.assertIn(f"{name} = {option.default or '(empty)'}\n", done.output)
            self.assertIn(f"variable {option.environment}\n", done.output)
            self.assertIn(option.help, words)

    def test_each_value_says_where_it_came_from(self):
        self.write("setup.cfg", "[harness]\nrequire = all\n")
        self.environment(HARNESS_PROVIDERS="docker")

        output = self.run_command("--set", "seed=3", "settings").output

        self.assertIn("providers = docker\n    from HARNESS_PROVIDERS;", output)
        self.assertIn(f"require = all\n    from {self.directory / 'setup.cfg'};", output)
        self.assertIn("seed = 3\n    from --set;", output)
        self.assertIn("start_timeout = 60\n    from default;", output)
        self.assertIn(f"paths are relative to {self.directory}\n", output)

    def test_it_fits_a_terminal(self):
        output = self.run_command("settings").output

        self.assertEqual(
            [], [line for line in output.splitlines() if len(line) > WIDTH and "/" not in line]
        )
