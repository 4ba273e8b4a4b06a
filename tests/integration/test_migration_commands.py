"""Migrations that a command applies, and what it may do wrong."""

import subprocess
import sys
import time

from harness import Command
from harness.errors import MigrationError
from tests.integration.migrated import Projects, on_one_provider
from tests.integration.providers import on_every_provider, on_one_python

MIGRATE = """
import os, psycopg
with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
    connection.execute("create table users (id integer)")
"""
BACKGROUND = f"""
import subprocess, sys
code = '''{MIGRATE}
    connection.commit()
    print("done", flush=True)
    import time; time.sleep(60)
'''
child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE,
                         stderr=subprocess.DEVNULL)
child.stdout.readline()
"""
CHOSEN = """
import os, psycopg
url = os.environ["URL"]
assert url.startswith("postgresql+psycopg:") and os.environ["TABLE"] == "t", url
with psycopg.connect(url.replace("+psycopg", "")) as connection:
    connection.execute("create table t (id integer)")
"""


class Commands(Projects):
    def command(self, code, **options):
        return Command([sys.executable, "-c", code], **options)

    def failure(self, command):
        with self.assertRaises(MigrationError) as raised:
            self.lease(migrations=command)
        return str(raised.exception)


@on_every_provider
class PostgresConformanceMigrationCommands(Commands):
    def test_it_is_told_the_new_database(self):
        self.assertTrue(self.lease(migrations=self.command(MIGRATE)).exists("users"))


@on_one_provider
@on_one_python
class PostgresMigrationCommands(Commands):
    def test_the_variable_the_driver_and_the_environment_can_be_chosen(self):
        command = self.command(CHOSEN, variable="URL", driver="psycopg", environment={"TABLE": "t"})

        self.assertTrue(self.lease(migrations=command).exists("t"))

    def test_one_that_fails_shows_its_output_without_the_password(self):
        url = "os.environ['DATABASE_URL']"
        code = f"import os, sys; print({url}, flush=True); sys.exit('no such app')"

        text = self.failure(self.command(code))

        self.assertRegex(text, r"ended with exit code 1\n    .*postgresql://")
        self.assertIn(":***@", text)
        self.assertIn("    no such app\n", text)
        self.assertIn("the unfinished database was removed", text)

    def test_of_a_long_output_the_end_is_shown(self):
        text = self.failure(self.command("print('x\\n' * 10**6); print('last'); exit(3)"))

        self.assertIn("exit code 3", text)
        self.assertIn("    last\n", text)
        self.assertLess(len(text.splitlines()), 40)

    def test_one_that_is_not_there(self):
        text = self.failure(Command(["./gone.py", "migrate"]))

        self.assertRegex(text, r"'./gone.py migrate' cannot be run in /.*: No such file")
        self.assertIn("there is no program './gone.py', or it is not executable", text)

    def test_one_that_hangs_is_killed_with_its_children(self):
        code = (
            "import subprocess, time; child = subprocess.Popen(['sleep', '98765']);"
            "print('waiting', flush=True); time.sleep(60)"
        )
        began = time.monotonic()

        text = self.failure(self.command(code, timeout=1))

        self.assertIn("had not ended after 1 s and was killed\n    waiting", text)
        self.assertLess(time.monotonic() - began, 30)
        listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True).stdout
        self.assertNotIn("\nsleep 98765\n", listed)

    def test_one_that_was_killed_names_the_signal(self):
        text = self.failure(self.command("import os; os.kill(os.getpid(), 9)"))

        self.assertIn("was killed by SIGKILL\n    (it printed nothing)", text)

    def test_what_it_leaves_idle_in_the_background_is_ended(self):
        self.assertTrue(self.lease(migrations=self.command(BACKGROUND)).exists("users"))
