"""What `harness init ci` writes does what it says: its steps are run, as its machines would."""

import os
import re
import shutil
import subprocess
import sys

from ruamel.yaml import YAML

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
NAMES = ("Red", "Green", "Blue", "Grey")


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
        return [command for command in commands if command.startswith("harness ")]

    def shard(self, number, code=0):
        """Do what a shard does on GitHub; return its results."""
        place = self.machine(f"results-3.12-{number}")
        for command in self.steps("test"):
            script = command.replace("${{ matrix.shard }}", str(number))
            said = self.sh(place, script, code if command.startswith("harness run") else 0)
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
        self.assertIn("8 passed, 0 failed, 0 skipped", said)
        for file in ("history.sqlite", "reports/junit.xml"):
            for where in (one, two, place):
                self.assertTrue((where / file).is_file(), where / file)

    def test_a_shard_that_is_missing_is_red(self):
        self.init("--github", "--python", "3.12")
        _, one = self.shard(1)

        said, _ = self.merged(one, code=3)

        self.assertIn("shard 2/2 is missing", said)

    def test_a_test_that_fails_is_red_in_its_shard_and_in_the_end(self):
        self.init("--github", "--python", "3.12", "--shards", "1")
        self.write("test_red.py", SUITE.format(name="Red", value="Bob"))
        _, one = self.shard(1, code=1)

        said, _ = self.merged(one, code=1)

        self.assertIn("7 passed, 1 failed, 0 skipped", said)

    def test_gitlabs_script_does_the_same(self):
        self.init("--gitlab", "--python", "3.12")
        place = self.machine("gitlab")
        for number in ("1", "2"):
            self.sh(place, self.script("test"), PYTHON="3.12", SHARD=number)

        said = self.sh(place, self.script("merge"), PYTHON="3.12")

        self.assertIn("8 passed, 0 failed, 0 skipped", said)
        self.assertTrue((place / "history.sqlite").is_file())

    def script(self, name):
        """Return the script of a job on GitLab."""
        return "\n".join(YAML(typ="safe").load(self.directory / ".gitlab-ci.yml")[name]["script"])
