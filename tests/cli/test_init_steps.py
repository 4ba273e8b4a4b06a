"""What `harness init ci` writes does what it says: its steps are run, as its machines would."""

import os
import re
import shutil
import subprocess
import sys

from ruamel.yaml import YAML

from harness.providers import daemon
from tests.cli.test_init import GITHUB, InitTest
from tests.integration.providers import on_one_python

SUITE = """
import unittest

class {name}Test(unittest.TestCase):
    def test_one(self):
        pass

    def test_two(self):
        self.assertEqual("Ada", {value!r})
"""
NAMES = ("Oak", "Elm", "Ash", "Fir", "Yew", "Lime")

DOCKER = daemon.refusal(daemon.docker_host()) is None
AUTHOR = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")


@on_one_python
class StepsTest(InitTest):
    """Each shard has a copy of the project, as it has a machine of its own."""

    def setUp(self):
        super().setUp()
        for name in NAMES:
            self.write(f"test_{name.lower()}.py", SUITE.format(name=name, value="Ada"))
        self.write("bin/harness", f'#!/bin/sh\nexec {sys.executable} -W error -m harness "$@"\n')
        (self.directory / "bin/harness").chmod(0o755)

    def sh(self, place, script, code=0, **variables):
        done = subprocess.run(
            ["sh", "-e", "-c", script],
            cwd=place,
            env={
                **os.environ,
                "PATH": f"{self.directory / 'bin'}:{os.environ['PATH']}",
                "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
                "HARNESS_STATE_DIR": str(self.directory / "state"),
                "TEST_SEED": "7",
                **variables,
            },
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        self.assertEqual(code, done.returncode, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def machine(self, name):
        """Return a copy of the project."""
        place = self.directory / "machines" / name
        place.mkdir(parents=True)
        for file in self.directory.glob("*.py"):
            shutil.copy(file, place)
        return place

    def steps(self, name):
        """Return the commands of a job on GitHub that call `harness`."""
        jobs = YAML(typ="safe").load(self.directory / GITHUB[0])["jobs"]
        commands = [step["run"] for step in jobs[name]["steps"] if "run" in step]
        ours = [command for command in commands if re.search(r"^ *harness ", command, re.MULTILINE)]
        return [command for command in ours if DOCKER or "images fetch" not in command]

    def shard(self, number, code=0):
        """Do what a shard does on GitHub; return its results."""
        place = self.machine(f"results-3.12-{number}")
        (place / "images.json").write_text("{}")  # none that would have to be fetched
        for command in self.steps("test"):
            script = command.replace("${{ matrix.shard }}", str(number))
            expected = code if command.startswith("harness run") else 0
            said = self.sh(place, script, expected, HARNESS_IMAGES="images.json")
        return int(re.search(r"^(\d+) passed", said, re.MULTILINE)[1]), place

    def merged(self, *shards, code=0):
        """Do what the job `merge` does on GitHub with some shards; return what it said."""
        place = self.machine("merge")
        for shard in shards:
            shutil.copytree(shard, place / "shards" / shard.name)
        (script,) = self.steps("merge")
        return self.sh(place, script, code), place

    def test_two_shards_run_every_test_once_and_their_results_are_joined(self):
        self.init("--github", "--python", "3.12")
        (first, one), (second, two) = self.shard(1), self.shard(2)

        self.assertEqual(2 * len(NAMES), first + second)
        said, place = self.merged(one, two)
        self.assertIn("12 passed, 0 failed, 0 skipped", said)
        for shard in (one, two):
            self.assertTrue((shard / "reports/junit.xml").is_file())
        for file in (".harness/history.sqlite", "reports/junit-3.12.xml"):
            self.assertTrue((place / file).is_file(), file)

    def test_a_shard_that_is_missing_is_red(self):
        self.init("--github", "--python", "3.12")
        _, one = self.shard(1)

        said, _ = self.merged(one, code=3)

        self.assertIn("shard 2/2 is missing", said)

    def test_a_test_that_fails_is_red_in_its_shard_and_in_the_end(self):
        self.init("--github", "--python", "3.12", "--shards", "1")
        self.write("test_oak.py", SUITE.format(name="Oak", value="Bob"))
        _, one = self.shard(1, code=1)

        said, _ = self.merged(one, code=1)

        self.assertIn("11 passed, 1 failed, 0 skipped", said)

    def test_gitlabs_script_does_the_same(self):
        self.init("--gitlab", "--python", "3.12")
        place = self.machine("gitlab")
        for number in ("1", "2"):
            self.sh(place, self.script("test"), PYTHON="3.12", SHARD=number)

        said = self.sh(place, self.script("merge"), PYTHON="3.12")

        self.assertIn("12 passed, 0 failed, 0 skipped", said)
        self.assertTrue((place / ".harness/history.sqlite").is_file())

    def script(self, name):
        """Return the script of a job on GitLab."""
        return "\n".join(YAML(typ="safe").load(self.directory / ".gitlab-ci.yml")[name]["script"])


@on_one_python
class RefreshTest(InitTest):
    """The monthly job, with a repository to push to; `gh` only notes what it is told."""

    OLD = "sha256:" + "0" * 64

    def setUp(self):
        super().setUp()
        self.init("--github", "--python", "3.12")
        self.write("bin/gh", '#!/bin/sh\necho "$@" >> told\n[ "$2" != view ]\n').chmod(0o755)
        self.git("init", "--quiet", "--bare", "origin.git")
        self.git("clone", "--quiet", "origin.git", "clone")
        self.clone = self.directory / "clone"
        shutil.copy(self.directory / "images.json", self.clone)
        self.git("-C", "clone", "add", "images.json")
        self.git("-C", "clone", *AUTHOR, "commit", "--quiet", "--message", "Begin")
        (*_, step) = self.steps_of_refresh()
        self.script = step["run"]

    def steps_of_refresh(self):
        workflow = YAML(typ="safe").load(self.directory / GITHUB[1])
        return workflow["jobs"]["refresh"]["steps"]

    def git(self, *arguments):
        done = subprocess.run(
            ["git", *arguments], cwd=self.directory, check=True, capture_output=True, text=True
        )
        return done.stdout

    def refresh(self):
        path = f"{self.directory / 'bin'}:{os.environ['PATH']}"
        subprocess.run(
            ["bash", "-e", "-c", self.script],
            cwd=self.clone,
            env={**os.environ, "PATH": path},
            check=True,
            capture_output=True,
        )

    def test_new_digests_are_pushed_to_a_branch_and_a_pull_request_is_opened(self):
        images = (self.clone / "images.json").read_text()
        (self.clone / "images.json").write_text(re.sub(r"sha256:\w+", self.OLD, images))
        self.refresh()

        (branch,) = re.findall(r"images-\d{4}-\d\d", self.git("-C", "origin.git", "branch"))
        self.assertIn(self.OLD, self.git("-C", "origin.git", "show", f"{branch}:images.json"))
        told = (self.clone / "told").read_text().splitlines()
        self.assertEqual(f"pr create --fill --head {branch}", told[-1])

    def test_nothing_is_pushed_where_nothing_is_new(self):
        self.refresh()

        self.assertEqual("", self.git("-C", "origin.git", "branch"))
        self.assertFalse((self.clone / "told").exists())
