"""`harness init ci`: what it writes is valid, what it does not overwrite, what it says."""

import contextlib
import io
import json
import re
import runpy
import sys
import unittest
from pathlib import Path
from unittest import mock

from harness.cli.pipelines import TEMPLATES
from harness.providers.images import PINNED, parse
from tests.cli.test_main import CommandTest
from tests.integration.providers import on_one_python

GITHUB = (".github/workflows/tests.yml", ".github/workflows/images.yml", "images.json")
ROOT = Path(__file__).parents[2]


class InitTest(CommandTest):
    def setUp(self):
        super().setUp()
        self.write("pyproject.toml")

    def init(self, *arguments, code=0):
        done = self.run_command("init", "ci", *arguments)
        self.assertEqual(code, done.exit_code, done.output)
        return done.output

    def text(self, name):
        return (self.directory / name).read_text(encoding="utf-8")


class WritingTest(InitTest):
    def test_it_says_what_it_wrote_and_what_to_do_next(self):
        said = self.init("--github").splitlines()

        self.assertEqual([f"wrote {name}" for name in GITHUB], said[:3])
        self.assertTrue(said[3].startswith("next: look at how the tests are installed"), said)
        self.assertIn("wrote .gitlab-ci.yml\nnext: ", self.init("--gitlab"))

    def test_a_file_that_is_there_is_not_overwritten_and_nothing_else_is_written(self):
        self.write(GITHUB[1], "mine")

        self.assertEqual(
            f"harness: there is a file {GITHUB[1]}; nothing was written\n"
            "  next: move it away, or say --force to overwrite it\n",
            self.init("--github", code=2),
        )
        self.assertFalse((self.directory / GITHUB[0]).exists())
        self.assertEqual("mine", self.text(GITHUB[1]))

        self.init("--github", "--force")
        self.assertNotEqual("mine", self.text(GITHUB[1]))

    def test_images_that_the_project_has_chosen_stay_and_are_used(self):
        pinned = json.loads(PINNED.read_text(encoding="utf-8"))
        own = {**pinned, "postgres": "mirror/postgres:16@sha256:" + "a" * 64}
        chosen = json.dumps(own)
        self.write("images.json", chosen)

        self.init("--github", "--force")
        self.init("--gitlab")

        self.assertEqual(chosen, self.text("images.json"))
        self.assertIn(own["postgres"], self.text(".gitlab-ci.yml"))

    def test_images_are_those_of_the_package_with_their_digests(self):
        self.init("--github")

        pinned = json.loads(PINNED.read_text(encoding="utf-8"))
        written = json.loads(self.text("images.json"))
        self.assertEqual({name: pinned[name] for name in ("postgres", "redis")}, written)
        for name, reference in written.items():
            parse(name, reference, PINNED)

    def test_shards_and_pythons_are_where_they_belong(self):
        self.init("--github", "--shards", "3", "--python", "3.12", "--python", "3.13")
        text = self.text(GITHUB[0])

        self.assertEqual(2, text.count('python: ["3.12", "3.13"]'))
        self.assertIn("for python in 3.12 3.13; do", text)
        self.assertIn("shard: [1, 2, 3]", text)
        self.assertIn("--shard ${{ matrix.shard }}/3 ", text)

    def test_without_a_version_it_is_the_python_that_runs(self):
        self.init("--gitlab")

        version = f'"{sys.version_info[0]}.{sys.version_info[1]}"'
        self.assertIn(f"- PYTHON: [{version}]\n", self.text(".gitlab-ci.yml"))

    def test_the_project_is_installed_by_what_lies_in_its_directory(self):
        self.write("requirements-test.txt")
        ours = '"unittest-harness[postgres,redis,docker,report]"'
        expected = f"python -m pip install -r requirements-test.txt -e . {ours}"

        self.init("--github")
        for name in GITHUB[:2]:
            self.assertIn(f"          {expected}\n", self.text(name))
        self.init("--gitlab", "--install", "make environment")
        self.assertIn("    - |\n      make environment\n", self.text(".gitlab-ci.yml"))

    def test_a_file_with_a_space_in_its_name_is_one_file_of_requirements(self):
        self.write("requirements dev.txt")

        self.init("--gitlab")
        self.assertIn("install -r 'requirements dev.txt' -e . ", self.text(".gitlab-ci.yml"))

    def test_some_file_that_the_wheels_are_cached_by_is_there_in_any_project(self):
        self.init("--github")
        text = self.text(GITHUB[0])
        names = re.search(r"cache-dependency-path: \|\n((?: {12}\S+\n)+)", text)[1].split()
        self.assertLessEqual({"pyproject.toml", "setup.py", GITHUB[0]}, {*names})

    def test_all_places_of_the_templates_are_filled(self):
        self.init("--github")
        self.init("--gitlab")

        for name in (*GITHUB, ".gitlab-ci.yml"):
            self.assertNotIn("%{", self.text(name))


class RefusalTest(InitTest):
    def test_what_makes_no_sense_is_refused(self):
        for arguments, said in (
            ((), "for which CI system?\n  next: say --github, or --gitlab for GitLab CI"),
            (("--github", "--python", "new"), "--python new: expected a version\n  next: write"),
            (("--github", "--shards", "0"), "0 is not in the range 1<=x<=256"),
            (("--github", "--install", "a\nb"), "expected one line\n  next: join commands with &&"),
        ):
            with self.subTest(arguments):
                self.assertIn(said, self.init(*arguments, code=2))

    def test_a_directory_in_which_no_system_looks_for_files_is_refused(self):
        self.write(".git/HEAD")
        self.write("shop/pyproject.toml")
        with contextlib.chdir(self.directory / "shop"):
            for system in "--github", "--gitlab":
                said = self.init(system, code=2)
        self.assertIn("/shop is not the top of its repository; nothing was written\n", said)
        self.assertIn(f"  next: cd {self.directory}, or begin one here: git init\n", said)
        self.assertEqual(["pyproject.toml"], [p.name for p in (self.directory / "shop").iterdir()])

    def test_a_file_of_images_that_lacks_a_service_is_refused(self):
        self.write("images.json", '{"redis": "redis:7@sha256:' + "a" * 64 + '"}')

        said = self.init("--github", code=2)

        self.assertIn("images.json has no image 'postgres'", said)
        self.assertIn('next: add "postgres": "postgres:', said)
        self.assertFalse((self.directory / GITHUB[0]).exists())

    def test_an_image_that_could_not_be_refreshed_is_refused(self):
        digest = "@sha256:" + "a" * 64
        images = {"redis": f"redis{digest}", "postgres": f"postgres:17{digest}"}
        self.write("images.json", json.dumps(images))

        said = self.init("--github", code=2)

        self.assertIn("the image 'redis' in ", said)
        self.assertIn("has no tag", said)


@on_one_python
class SchemaTest(InitTest):
    """The schemas are those by which editors check such files, too."""

    def checked(self, schema, name):
        """Return the exit code of the linter, and what it says."""
        arguments = ["check-jsonschema", "--builtin-schema", f"vendor.{schema}", name]
        said = io.StringIO()
        with (
            mock.patch.object(sys, "argv", arguments),
            contextlib.redirect_stdout(said),
            contextlib.redirect_stderr(said),
            self.assertRaises(SystemExit) as ended,
        ):
            runpy.run_module("check_jsonschema", run_name="__main__")
        return ended.exception.code or 0, said.getvalue()

    def test_what_is_written_is_valid(self):
        self.init("--github", "--python", "3.12", "--python", "3.13")
        self.init("--gitlab")

        for schema, name in (
            ("github-workflows", GITHUB[0]),
            ("github-workflows", GITHUB[1]),
            ("gitlab-ci", ".gitlab-ci.yml"),
        ):
            with self.subTest(name):
                self.assertEqual((0, "ok -- validation done\n"), self.checked(schema, name))

    def test_the_linter_sees_what_is_wrong(self):
        self.init("--github")
        self.init("--gitlab")
        for schema, name, right, wrong in (
            ("github-workflows", GITHUB[0], "timeout-minutes: 10", "timeout-minutes: soon"),
            ("gitlab-ci", ".gitlab-ci.yml", "when: always", "when: sometimes"),
        ):
            with self.subTest(name):
                self.write(name, self.text(name).replace(right, wrong))
                code, said = self.checked(schema, name)
                self.assertEqual(1, code, said)
                self.assertIn(wrong.partition(": ")[2], said)


class ReferenceTest(InitTest):
    def test_the_reference_shows_what_is_written(self):
        text = (ROOT / "docs/reference/ci-files.md").read_text(encoding="utf-8")
        shown = dict(re.findall(r"^`([\w./-]+)`:\n\n```\w+\n(.*?)^```$", text, re.M | re.S))

        for system in ("--github", "--gitlab"):
            self.init(system, "--shards", "2", "--python", "3.12")

        self.assertEqual({name: self.text(name) for name in (*GITHUB, ".gitlab-ci.yml")}, shown)


class PinningTest(unittest.TestCase):
    def test_our_own_pipeline_runs_on_the_images_that_the_package_pins(self):
        text = (ROOT / ".gitlab-ci.yml").read_text(encoding="utf-8")
        pinned = json.loads(PINNED.read_text(encoding="utf-8"))

        self.assertEqual([pinned["postgres"], pinned["redis"]], re.findall(r'_IMAGE: "(.*)"', text))

    def test_every_action_is_pinned_by_its_commit_with_its_version(self):
        files = [*TEMPLATES.glob("*.yml"), *(ROOT / ".github/workflows").glob("*.yml")]
        self.assertGreater(len(files), 3)
        for file in files:
            for line in re.findall(r"uses: .*", file.read_text(encoding="utf-8")):
                with self.subTest(file=file.name, line=line):
                    self.assertRegex(line, r"^uses: [\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")
