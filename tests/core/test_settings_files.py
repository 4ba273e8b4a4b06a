"""Finding the settings file of a project, and saying what is wrong with one."""

import unittest

from harness.core.settings_files import as_text, find
from harness.errors import ConfigurationError
from tests.support.unit import IS_ROOT, NO_PERMISSIONS, DirectoryTest

CFG = "[harness]\nproviders = docker\n"
TOML = '[tool.harness]\nproviders = "docker"\n'


class FindTest(DirectoryTest):
    def test_setup_cfg_is_read(self):
        path = self.write("setup.cfg", CFG)

        found = find(self.directory)

        self.assertEqual((self.directory, path), (found.root, found.path))
        self.assertEqual({"providers": "docker"}, found.values)

    def test_pyproject_is_read(self):
        path = self.write("pyproject.toml", TOML)

        found = find(self.directory)

        self.assertEqual((path, {"providers": "docker"}), (found.path, found.values))

    def test_the_nearest_file_wins(self):
        self.write("setup.cfg", CFG)
        near = self.write("below/pyproject.toml", TOML)

        self.assertEqual(near, find(self.directory / "below").path)

    def test_files_without_our_section_are_passed_over(self):
        outer = self.write("setup.cfg", CFG)
        self.write("below/setup.cfg", "[metadata]\nname = x\n")
        self.write("below/pyproject.toml", '[project]\nname = "harness-user"\n')

        self.assertEqual(outer, find(self.directory / "below").path)

    def test_an_empty_section_ends_the_search(self):
        self.write("setup.cfg", CFG)
        near = self.write("below/pyproject.toml", "[tool.harness]\n")

        found = find(self.directory / "below")

        self.assertEqual((near, {}), (found.path, found.values))

    def test_no_file_is_no_error(self):
        found = find(self.directory)

        self.assertEqual((self.directory, None, {}), (found.root, found.path, found.values))

    def test_two_files_of_one_directory_are_an_error(self):
        cfg, toml = self.write("setup.cfg", CFG), self.write("pyproject.toml", TOML)

        with self.assertRaises(ConfigurationError) as caught:
            find(self.directory)

        self.assertEqual(
            f"two settings files: {cfg} and {toml}\n  next: keep the settings in one of them",
            str(caught.exception),
        )

    def test_two_files_of_which_one_has_settings_are_fine(self):
        self.write("setup.cfg", CFG)
        self.write("pyproject.toml", '[project]\nname = "harness"\n')

        self.assertEqual({"providers": "docker"}, find(self.directory).values)


class BrokenTest(DirectoryTest):
    def assertUnreadable(self, words):
        with self.assertRaises(ConfigurationError) as caught:
            find(self.directory)
        self.assertRegex(str(caught.exception), rf"the settings file .* cannot be read\n.*{words}")

    def test_a_broken_setup_cfg_is_an_error(self):
        self.write("setup.cfg", "[harness]\nproviders\n")

        self.assertUnreadable("likely cause: Source contains parsing errors")

    def test_a_broken_pyproject_is_an_error(self):
        self.write("pyproject.toml", "[tool.harness]\nproviders = docker\n")

        self.assertUnreadable("likely cause: Invalid value")

    def test_a_table_that_is_none_is_an_error(self):
        self.write("pyproject.toml", '[tool]\nharness = "docker"\n')

        self.assertUnreadable("is not a table")

    def test_a_file_in_another_encoding_is_an_error(self):
        self.write("setup.cfg").write_bytes(b"[harness]\n# caf\xe9\n")

        self.assertUnreadable("likely cause: 'utf-8' codec")

    def test_a_file_in_another_encoding_that_is_not_ours_is_passed_over(self):
        self.write("setup.cfg").write_bytes(b"[metadata]\nauthor = Ren\xe9\n")
        self.write("pyproject.toml").write_bytes(b"# Ren\xe9\n")

        self.assertIsNone(find(self.directory).path)

    @unittest.skipIf(IS_ROOT, NO_PERMISSIONS)
    def test_a_file_that_we_may_not_read_is_an_error(self):
        self.write("setup.cfg", CFG).chmod(0)

        self.assertUnreadable("Permission denied")


class TextTest(DirectoryTest):
    def test_values_are_written_as_setup_cfg_has_them(self):
        self.assertEqual("yes", as_text(True))
        self.assertEqual("no", as_text(False))
        self.assertEqual("docker,kafka=embedded", as_text(["docker", "kafka=embedded"]))
        self.assertEqual("7", as_text(7))

    def test_a_list_over_several_lines_is_one_list(self):
        self.write("setup.cfg", "[harness]\nproviders =\n    docker\n    kafka=embedded\n")

        order = self.settings().providers

        self.assertEqual((("docker",), ("embedded",)), (order.of("postgres"), order.of("kafka")))

    def test_percent_signs_are_themselves(self):
        self.write("setup.cfg", "[harness]\ndata_dir = /a%b\n")

        self.assertEqual("/a%b", find(self.directory).values["data_dir"])
