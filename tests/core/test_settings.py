"""Settings: who wins, where each came from, and what is wrong with one."""

import os
import unittest
from pathlib import Path

from harness import Settings
from harness.core.settings import current_settings, edits_apart
from harness.core.settings_table import OPTIONS
from harness.core.settings_values import (
    parse_count,
    parse_flag,
    parse_optional_int,
    parse_seconds,
)
from harness.errors import ConfigurationError, UnknownProviderError, UnknownSettingError
from tests.support.unit import DirectoryTest, collect, run_python


class PrecedenceTest(DirectoryTest):
    def read(self, *, override=None, variable=None, file=None):
        if file is not None:
            self.write("setup.cfg", f"[harness]\nstart_timeout = {file}\n")
        settings = Settings.read(
            self.directory,
            environ={} if variable is None else {"HARNESS_START_TIMEOUT": variable},
            overrides={} if override is None else {"start_timeout": override},
            overrides_from="--set",
        )
        return settings.start_timeout, settings.sources["start_timeout"]

    def test_an_override_wins_over_everything(self):
        self.assertEqual((1.0, "--set"), self.read(override="1", variable="2", file="3"))

    def test_the_environment_wins_over_a_file(self):
        self.assertEqual((2.0, "HARNESS_START_TIMEOUT"), self.read(variable="2", file="3"))

    def test_a_file_wins_over_the_default(self):
        self.assertEqual((3.0, str(self.directory / "setup.cfg")), self.read(file="3"))

    def test_the_default_is_the_last(self):
        self.assertEqual((60.0, "default"), self.read())

    def test_the_seed_has_a_variable_of_its_own(self):
        settings = self.settings(TEST_SEED="12")

        self.assertEqual((12, "TEST_SEED"), (settings.seed, settings.sources["seed"]))

    def test_every_setting_has_a_source_and_a_text(self):
        settings = self.settings()

        self.assertEqual(set(OPTIONS), set(settings.sources))
        self.assertEqual(set(OPTIONS), set(settings.texts))

    def test_every_option_is_a_field(self):
        settings = self.settings()

        self.assertEqual([], [name for name in OPTIONS if not hasattr(settings, name)])

    def test_every_variable_sets_its_option(self):
        texts = {
            "tiers": "unit",
            "seed": "1",
            "providers": "docker",
            "require": "all",
            "fault_proxy": "own",
            "store": "sqlite",
            "allow_remote": "1",
            "reuse": "1",
            "quotas": "unit>=70%",
            "flaky": "pass",
            "ci_platform": "none",
            "capacity": "redis=7, postgres=9",
        }
        for name, option in OPTIONS.items():
            with self.subTest(name):
                settings = self.settings(**{option.environment: texts.get(name, "7")})
                self.assertEqual(option.environment, settings.sources[name])
                self.assertEqual(texts.get(name, "7"), settings.texts[name])


class OverrideTest(DirectoryTest):
    def test_an_override_keeps_all_else(self):
        first = self.settings(HARNESS_PROVIDERS="docker", TEST_SEED="3")

        second = first.override(providers="embedded")

        self.assertEqual(("embedded",), second.providers.default)
        self.assertEqual("argument", second.sources["providers"])
        self.assertEqual((3, "TEST_SEED"), (second.seed, second.sources["seed"]))
        self.assertEqual(("docker",), first.providers.default)

    def test_an_override_of_an_unknown_setting_names_the_nearest(self):
        with self.assertRaises(UnknownSettingError) as caught:
            self.settings().override(provider="embedded")

        self.assertEqual(
            "unknown setting 'provider' in argument\n  next: did you mean providers?",
            str(caught.exception),
        )

    def test_flaky_tests_fail_or_pass_and_their_budget_is_a_percentage(self):
        self.assertEqual(0.02, self.settings(HARNESS_FLAKE_BUDGET="2").flake_budget)
        for name, text, cause in (
            ("flaky", "maybe", "expected one of: fail, pass"),
            ("flake_budget", "101", "expected a percentage, from 0 to 100"),
            ("flake_budget", "few", "could not convert string to float: 'few'"),
        ):
            with self.subTest(text), self.assertRaises(ConfigurationError) as caught:
                self.settings().override(**{name: text})
            self.assertEqual(cause, caught.exception.cause)

    def test_a_bad_override_says_that_it_was_one(self):
        with self.assertRaisesRegex(ConfigurationError, "'soon', set by argument"):
            self.settings().override(start_timeout="soon")


class UnknownTest(DirectoryTest):
    def test_an_unknown_key_in_setup_cfg_names_the_nearest_and_the_file(self):
        path = self.write("setup.cfg", "[harness]\nrequired = all\n")

        with self.assertRaises(UnknownSettingError) as caught:
            self.settings()

        self.assertEqual(
            f"unknown setting 'required' in {path}\n  next: did you mean require?",
            str(caught.exception),
        )

    def test_an_unknown_key_in_pyproject_names_the_nearest(self):
        self.write("pyproject.toml", "[tool.harness]\nstart-timeout = 3\n")

        with self.assertRaisesRegex(UnknownSettingError, "did you mean start_timeout?"):
            self.settings()

    def test_a_key_like_no_other_lists_all(self):
        with self.assertRaisesRegex(
            UnknownSettingError, f"known are: {', '.join(sorted(OPTIONS))}"
        ):
            Settings.read(self.directory, environ={}, overrides={"zzz": "1"})

    def test_a_variable_one_edit_away_is_one_warning(self):
        for variable in (
            "HARNESS_REQIURE",
            "HARNESS_REQUIR",
            "HARNESS_REQUIREE",
            "HARNESS_REQUIRA",
        ):
            with self.subTest(variable):
                self.assertEqual(
                    [f"{variable} is not a setting; did you mean HARNESS_REQUIRE?"],
                    collect(lambda name=variable: self.settings(**{name: "all"})),
                )

    def test_a_variable_further_away_is_somebody_elses(self):
        for variable in ("HARNESS_REQUIRED_BY", "HARNESS_BUILD_ID", "HARNESS_", "HARNES_REQUIRE"):
            with self.subTest(variable):
                self.assertEqual([], collect(lambda name=variable: self.settings(**{name: "1"})))

    def test_a_misspelt_variable_sets_nothing(self):
        collect(lambda: self.assertFalse(self.settings(HARNESS_REQIURE="all").require.everything))


class ValueTest(DirectoryTest):
    def refused(self, **variables):
        with self.assertRaises(ConfigurationError) as caught:
            self.settings(**variables)
        return caught.exception

    def test_a_bad_number_says_value_place_cause_and_meaning(self):
        self.assertEqual(
            "the setting seed has the value 'x', set by TEST_SEED\n"
            "  likely cause: invalid literal for int() with base 10: 'x'\n"
            f"  next: seed: {OPTIONS['seed'].help}",
            str(self.refused(TEST_SEED="x")),
        )

    def test_bad_values_are_refused(self):
        for name, text in {
            "HARNESS_START_TIMEOUT": "0",
            "HARNESS_ALLOW_REMOTE": "maybe",
            "TEST_SEED": "1.5",
        }.items():
            with self.subTest(name):
                self.assertIn(repr(text), str(self.refused(**{name: text})))

    def test_an_unknown_provider_names_the_setting_and_its_place(self):
        error = self.refused(HARNESS_PROVIDERS="dokcer")

        self.assertIsInstance(error, UnknownProviderError)
        self.assertEqual(
            "unknown provider 'dokcer' (in providers, set by HARNESS_PROVIDERS)\n"
            "  next: did you mean docker?",
            str(error),
        )

    def test_a_required_pair_of_an_unknown_provider_is_refused(self):
        error = self.refused(HARNESS_REQUIRE="postgres@podman")

        self.assertIn("(in require, set by HARNESS_REQUIRE)", str(error))

    def test_flags_are_read_in_many_words(self):
        for text in ("1", "yes", "TRUE", " on "):
            self.assertIs(True, parse_flag(text), text)
        for text in ("0", "no", "False", "off", ""):
            self.assertIs(False, parse_flag(text), text)

    def test_seconds_are_above_zero(self):
        self.assertEqual(0.5, parse_seconds("0.5"))
        for text in ("0", "-1", "nan"):
            with self.subTest(text), self.assertRaises(ValueError):
                parse_seconds(text)

    def test_a_count_is_a_whole_number_that_is_not_negative(self):
        self.assertEqual([0, 12], [parse_count("0"), parse_count(" 12")])
        for text in ("-1", "1.5", "many", ""):
            with self.subTest(text), self.assertRaises(ValueError):
                parse_count(text)

    def test_a_capacity_is_above_zero_and_of_a_kind_that_is_not_misspelt(self):
        settings = self.settings(HARNESS_CAPACITY="redis=4, oracle = 2")
        self.assertEqual({"redis": 4, "oracle": 2}, settings.capacity)
        for text in ("redis", "redis=0", "=4", "redis=many"):
            error = self.refused(HARNESS_CAPACITY=text)
            self.assertIn(f"{text}: expected SERVICE=N with N above 0", str(error))
        self.assertIn("did you mean redis?", str(self.refused(HARNESS_CAPACITY="reddis=4")))

    def test_memory_is_a_size_above_zero(self):
        self.assertEqual(1536.5, self.settings(HARNESS_MEMORY="1536.5").memory)
        for text in ("0", "-1", "inf", "nan", "2G"):
            with self.subTest(text):
                self.assertIn(repr(text), str(self.refused(HARNESS_MEMORY=text)))

    def test_an_empty_number_is_none(self):
        self.assertIsNone(parse_optional_int(" "))


class PathTest(DirectoryTest):
    def test_paths_are_relative_to_the_settings_file(self):
        self.write("setup.cfg", "[harness]\nimages = mirror.json\n")
        below = self.directory / "a" / "b"
        below.mkdir(parents=True)

        settings = Settings.read(below, environ={"HARNESS_CACHE_DIR": "cache"})

        self.assertEqual(self.directory / "mirror.json", settings.images)
        self.assertEqual(self.directory / "cache", settings.cache_dir)
        self.assertEqual(self.directory / "migrations", settings.resolve("migrations"))

    def test_without_a_file_paths_are_relative_to_the_directory(self):
        self.assertEqual(self.directory / "m", self.settings().resolve("m"))

    def test_an_absolute_path_stays(self):
        self.assertEqual(Path("/x/y"), self.settings().resolve("/x/y"))
        self.assertEqual(Path("/x/y"), self.settings(HARNESS_DATA_DIR="/x/y").data_dir)

    def test_a_tilde_is_the_home_directory(self):
        self.environment()

        self.assertEqual(self.directory / "c", self.settings(HARNESS_CACHE_DIR="~/c").cache_dir)

    def test_an_empty_path_is_none(self):
        self.assertIsNone(self.settings(HARNESS_DATA_DIR="").data_dir)


class ProcessTest(DirectoryTest):
    def test_the_working_directory_is_where_reading_begins(self):
        self.write("setup.cfg", "[harness]\nseed = 5\n")

        done = run_python(
            "from harness import Settings; print(Settings.read().seed)", cwd=self.directory
        )

        self.assertEqual(("5\n", ""), (done.stdout, done.stderr))

    def test_the_settings_of_the_process_are_read_once(self):
        done = run_python(
            "import os; from harness.core.settings import current_settings as current\n"
            "first = current(); os.environ['TEST_SEED'] = '2'\n"
            "print(first is current(), current().seed)",
            cwd=self.directory,
            TEST_SEED="1",
        )

        self.assertEqual("True 1\n", done.stdout, done.stderr)
        self.assertTrue(callable(current_settings))

    def test_ci_is_seen_by_its_variable(self):
        self.assertTrue(self.settings(CI="true").in_ci)
        self.assertFalse(self.settings(CI="").in_ci)
        self.assertFalse(self.settings().in_ci)

    def test_the_environment_is_not_in_the_repr(self):
        self.assertNotIn("secret", repr(self.settings(DATABASE_URL="postgresql://u:secret@h/d")))

    def test_the_environment_is_that_of_the_moment(self):
        environ = {"CI": "1"}
        settings = Settings.read(self.directory, environ=environ)

        environ.clear()

        self.assertTrue(settings.in_ci)
        self.assertNotEqual(os.environ, settings.environ)


class EditsTest(unittest.TestCase):
    def test_insertions_deletions_substitutions_and_swaps_are_one_edit_each(self):
        for other, edits in {
            "abcd": 0,
            "abcde": 1,
            "abd": 1,
            "abxd": 1,
            "abdc": 1,
            "badc": 2,
        }.items():
            with self.subTest(other):
                self.assertEqual(edits, edits_apart("abcd", other))
                self.assertEqual(edits, edits_apart(other, "abcd"))

    def test_an_empty_word_is_its_length_away(self):
        self.assertEqual(4, edits_apart("", "abcd"))
