"""`harness clean` on somebody else's server: what killed processes left is dropped, no more."""

import subprocess
import sys

import psycopg

from tests.integration.providers import on_one_python
from tests.integration.sandbox import PATIENCE, wait_for
from tests.integration.test_process_external import SUITE, ForeignTest, databases

COMMAND = "from harness.cli.main import main; main()"


@on_one_python
class CleanTest(ForeignTest):
    def begin(self, user=None):
        """Start a run that waits, on databases of its own; return it with its sandbox."""
        sandbox = self.sandbox_on(self.server.url(user))
        process = sandbox.start(SUITE.format(body="time.sleep(60)"))
        wait_for(process, "testing")
        return sandbox, process

    def killed(self, user=None):
        sandbox, process = self.begin(user)
        process.kill()
        process.wait()
        return sandbox

    def left(self, sandbox):
        return sorted(databases(self.server.url(), sandbox.registry))

    def clean(self, sandbox, *options):
        done = subprocess.run(
            [sys.executable, "-X", "dev", "-W", "error", "-c", COMMAND, "clean", *options],
            cwd=sandbox.root,
            env=sandbox.environ,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        self.assertEqual("", done.stderr)
        return done.returncode, done.stdout

    def told(self, printed, word):
        return sorted(line.split()[-1] for line in printed.splitlines() if word in line)

    def test_what_a_killed_run_left_is_told_then_dropped(self):
        one, other = self.killed(), self.killed()
        left, others = self.left(one), self.left(other)
        self.assertNotEqual([], left)

        code, printed = self.clean(one, "--dry-run")
        self.assertEqual((0, left), (code, self.told(printed, "would remove database")))
        self.assertEqual(left, self.left(one))

        code, printed = self.clean(one)
        self.assertEqual((0, left), (code, self.told(printed, "removed database")))
        self.assertEqual([], self.left(one))
        self.assertEqual(others, self.left(other))
        self.assertEqual((0, "nothing to remove\n"), self.clean(one))

    def test_what_a_living_run_works_in_stays(self):
        sandbox, process = self.begin()
        before = self.left(sandbox)

        self.assertEqual((0, "nothing to remove\n"), self.clean(sandbox))

        self.assertEqual(before, self.left(sandbox))
        self.assertIsNone(process.poll())
        process.kill()
        process.wait()
        self.clean(sandbox)

    def test_one_that_cannot_be_dropped_says_why_and_keeps_none_from_it(self):
        sandbox = self.killed("maker")
        sealed = "select datname from pg_database where not datallowconn"
        held = next(name for name in self.left(sandbox) if (name,) not in self.server.rows(sealed))
        with psycopg.connect(self.server.url(database=held)):
            code, printed = self.clean(sandbox)

        words = " ".join(printed.split())
        self.assertEqual(1, code)
        self.assertIn(f"could not remove database {held}: the database {held} could not", words)
        self.assertIn("a connection of another role, which we may not end", words)
        self.assertEqual([held], self.left(sandbox))
        self.assertEqual(0, self.clean(sandbox)[0])
        self.assertEqual([], self.left(sandbox))
