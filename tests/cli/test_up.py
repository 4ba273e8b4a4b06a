"""`harness up`: services as a suite starts them, for a command that is run by hand."""

import json
import os
import pty
import re
import signal
import subprocess
import sys

from tests.cli.test_main import CommandTest
from tests.integration.providers import on_one_python
from tests.support.commands import COMMAND, CommandsTest, kill
from tests.support.registry import wait_until

SHOP = """
from harness import HarnessTestCase, Postgres

class ShopTest(HarnessTestCase):
    db = Postgres(migrations="migrations")
    reports = Postgres(name="reports")
"""
# Run by `harness up`: connects as an application would, by the variable.
APPLICATION = """
import os, sys, urllib.parse
import pg8000.dbapi
def connect(variable="DATABASE_URL"):
    url = urllib.parse.urlsplit(os.environ[variable])
    return pg8000.dbapi.connect(
        url.username, password=url.password, host=url.hostname, port=url.port,
        database=url.path[1:],
    )
def say(word): os.write(1, word.encode() + b"\\n")
"""
WAIT = "say('begun'); sys.stdin.read()"
# The terminal becomes ours, as a terminal emulator's does.
IN_TERMINAL = "import os; os.close(os.open(os.ttyname(0), os.O_RDWR))" + COMMAND


class RefusalTest(CommandTest):
    """What is told before anything is started."""

    def up(self, *arguments):
        self.environment(HARNESS_STATE_DIR=str(self.directory / "state"))
        done = self.run_command("up", *arguments)
        self.assertFalse((self.directory / "state").exists())
        return done.exit_code, done.stderr

    def test_without_a_service_it_says_how_to_name_one(self):
        code, words = self.up("--", "true")

        self.assertEqual(2, code)
        self.assertIn("harness: no service was named\n  next: name one of ours (postgres", words)

    def test_without_a_command_and_a_terminal_it_says_how_to_give_one(self):
        for arguments in (["postgres"], ["postgres", "--"]):
            self.assertEqual(
                (
                    2,
                    "harness: no command was given, and the standard input is no terminal for a "
                    "shell\n  next: write it after two dashes: "
                    "harness up postgres -- ./manage.py runserver\n",
                ),
                self.up(*arguments),
            )

    def test_a_command_that_is_not_there_exits_with_127(self):
        self.assertEqual(
            (127, "harness: there is no command 'nosuch'\n"), self.up("postgres", "--", "nosuch")
        )

    def test_a_command_that_may_not_be_executed_exits_with_126(self):
        self.write("script")

        code, words = self.up("postgres", "--", "./script")

        self.assertEqual(126, code)
        self.assertEqual("harness: ./script is not a program that may be executed\n", words)

    def test_an_unknown_service_exits_with_2(self):
        self.assertEqual(2, self.up("postgers", "--", "true")[0])

    def test_an_unknown_option_exits_with_2(self):
        self.assertEqual(2, self.up("--nosuch", "postgres", "--", "true")[0])


class ApplicationTest(CommandsTest):
    """A test that runs applications against real servers."""

    def setUp(self):
        super().setUp()
        self.need()
        self.write("shop.py", SHOP)
        self.write("migrations/1.sql", "create table users (id serial, email text);")

    def up(self, *arguments, code="", **variables):
        """Run an application to its end."""
        command = self.command(code)
        return self.harness("up", *arguments, "--", *command, **variables)

    def begin(self, *arguments, code=WAIT, **options):
        """Start an application, which says `begun`."""
        process = self.start("up", *arguments, "--", *self.command(code), **options)
        self.read_until(process, "begun")
        return process

    def command(self, code):
        return [sys.executable, "-c", APPLICATION + code]

    def assertEnds(self, process, number):
        """Check that a signal ends it, with a code that says so, and that nothing is left."""
        made = self.made()
        process.send_signal(number)
        printed = process.communicate(timeout=30)
        self.assertEqual(128 + number, process.returncode, printed)
        self.assertNothingRuns(made)


@on_one_python
class UpTest(ApplicationTest):
    """What the command gets, and what is told."""

    def test_a_kind_is_an_empty_database_of_its_own(self):
        done = self.up("postgres", code="connect(); say('connected')")

        self.assertEqual((0, "connected\n"), (done.returncode, done.stdout))
        self.assertEqual([], self.registry.slots())

    def test_what_was_started_is_told_without_the_password_and_apart_from_the_output(self):
        done = self.up("postgres", code="say(os.environ['DATABASE_URL'])")

        [url] = done.stdout.splitlines()
        password = re.fullmatch(r"postgresql://postgres:(.+)@127\.0\.0\.1:\d+/t_\w+", url)[1]
        self.assertRegex(
            done.stderr,
            r"\Apostgres on embedded \(.+\)\nDATABASE_URL=postgresql://postgres:\*\*\*@[\w.:/]+\n\Z",
        )
        self.assertNotIn(password, done.stderr)

    def test_a_declared_service_is_migrated_and_what_is_committed_stays_for_all(self):
        code = """
first, second = connect(), connect()
first.cursor().execute("insert into users (email) values ('ada')")
first.commit()
cursor = second.cursor()
cursor.execute("select email from users")
say(cursor.fetchall()[0][0])
"""
        done = self.up("shop:ShopTest.db", code=code)

        self.assertEqual((0, "ada\n"), (done.returncode, done.stdout), done.stderr)

    def test_of_a_class_each_has_a_variable_with_its_name_and_the_usual_one_is_unset(self):
        code = """
connect("DATABASE_URL_DB").cursor().execute("select * from users")
connect("DATABASE_URL_REPORTS")
say(os.environ.get("DATABASE_URL", "unset"))
"""
        done = self.up("shop:ShopTest", code=code, DATABASE_URL="postgresql://me@127.0.0.1:1/mine")

        self.assertEqual((0, "unset\n"), (done.returncode, done.stdout), done.stderr)

    def test_kinds_run_side_by_side_each_with_its_variable(self):
        code = """
import redis
connect()
client = redis.from_url(os.environ["REDIS_URL"])
client.set("a", "1")
say(str(client.keys()))
client.close()
"""
        done = self.up("postgres", "redis", code=code)

        self.assertEqual((0, "[b'a']\n"), (done.returncode, done.stdout), done.stderr)
        self.assertRegex(done.stderr, r"\nREDIS_URL=redis://\w+:\*\*\*@127\.0\.0\.1:\d+/\d+\n")

    def test_kafka_is_told_by_its_addresses(self):
        code = """
from confluent_kafka.admin import AdminClient
client = AdminClient({"bootstrap.servers": os.environ["KAFKA_BOOTSTRAP_SERVERS"]})
say(str(len(client.list_topics(timeout=10).brokers)))
"""
        done = self.up("kafka", code=code)

        self.assertEqual((0, "1\n"), (done.returncode, done.stdout), done.stderr)

    def test_the_exit_code_is_the_commands(self):
        self.assertEqual(5, self.up("postgres", code="sys.exit(5)").returncode)
        self.assertEqual(128 + 9, self.up("postgres", code="os.kill(os.getpid(), 9)").returncode)

    def test_the_server_is_shared_with_what_runs_already_and_outlives_the_command(self):
        holder = self.hold()

        done = self.up("postgres", code="connect()")

        self.assertEqual(0, done.returncode, done.stderr)
        self.assertIsNone(holder.poll())
        self.assertEqual(1, len(self.registry.slots()))
        self.assertNotEqual([], self.made().left())

    def test_with_reuse_the_server_stays_and_the_next_database_is_a_new_one(self):
        code = "connection = connect(); connection.cursor().execute('create table t (i int)');"
        code += "connection.commit(); say(os.environ['DATABASE_URL'])"

        first, second = (self.up("postgres", code=code, HARNESS_REUSE="1") for _ in range(2))

        self.assertEqual([0, 0], [first.returncode, second.returncode], second.stderr)
        ports = {re.search(r":(\d+)/", done.stdout)[1] for done in (first, second)}
        self.assertEqual(1, len(ports))
        [listed] = json.loads(self.harness("ps", "--json").stdout)["instances"]
        self.assertEqual("kept", listed["state"])

    def test_a_connection_that_outlives_the_command_is_told_and_no_failure(self):
        # a grandchild with an open connection, which ends when the test does
        code = f"""
import subprocess
child = subprocess.Popen([sys.executable, "-c", {APPLICATION!r} + '''
connection = connect()
say("connected")
os.close(1)
sys.stdin.read()
'''], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
child.stdout.readline()
os._exit(3)
"""
        process = self.start("up", "postgres", "--", *self.command(code))
        words = process.stderr.read()
        process.stdin.close()

        self.assertEqual(3, process.wait(30))
        self.assertIn("harness: the command left 1 connection(s) to its database open\n", words)
        self.assertRegex(words, r"\n    pid \d+ \(")
        self.assertEqual([], self.registry.slots())

    def test_a_server_that_died_under_the_command_is_told(self):
        process = self.begin("postgres")
        for pid, _ in self.made().processes:
            os.kill(pid, signal.SIGKILL)

        _, words = process.communicate(timeout=30)

        self.assertEqual(0, process.returncode)
        self.assertIn("harness: postgres on embedded died: killed by SIGKILL", words)
        self.assertEqual([], self.registry.slots())

    def test_a_failed_migration_exits_with_2_and_leaves_nothing(self):
        self.write("migrations/2.sql", "create tabel x;")

        done = self.up("shop:ShopTest.db")

        self.assertEqual(2, done.returncode)
        self.assertIn("harness: ", done.stderr)
        self.assertIn("2.sql", done.stderr)
        self.assertEqual([], self.registry.slots())

    def test_a_service_that_can_run_nowhere_exits_with_2_and_the_reasons(self):
        done = self.up("postgres", HARNESS_PROVIDERS="external")

        self.assertEqual(2, done.returncode)
        self.assertIn("external: DATABASE_URL is not set\n", done.stderr)

    def test_it_starts_though_the_janitor_was_killed_that_started_other_servers(self):
        self.hold()
        kill(self.janitor())
        other = self.directory / "other"
        other.mkdir(mode=0o755)

        done = self.up("postgres", code="connect()", HARNESS_DATA_DIR=str(other))

        self.assertEqual(0, done.returncode, done.stderr)
        self.assertEqual([], list(other.iterdir()))


class EndTest(ApplicationTest):
    """However it ends, nothing is left."""

    def test_signals_are_passed_on_and_all_is_removed(self):
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            with self.subTest(number):
                code = "import signal; signal.signal(signal.SIGINT, signal.SIG_DFL);" + WAIT
                process = self.begin("postgres", code=code, start_new_session=True)
                self.assertEnds(process, number)

    def test_a_signal_during_the_start_ends_it_and_all_is_removed(self):
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            with self.subTest(number):
                process = self.start("up", "postgres", "--", "true", start_new_session=True)
                wait_until(lambda: list(self.data.iterdir()), "a start")
                process.send_signal(number)
                process.communicate(timeout=60)
                self.assertIn(process.returncode, (128 + number, 0))
                wait_until(lambda: not self.registry.slots(), "the removal")
                self.assertEqual([], list(self.data.iterdir()))

    def test_when_it_is_killed_the_janitor_removes_all(self):
        process = self.begin("postgres")
        made = self.made()

        process.kill()
        process.communicate(timeout=30)  # the application reads the end of its input

        wait_until(lambda: not self.registry.slots(), "the removal")
        self.assertNothingRuns(made)

    def test_when_it_and_the_janitor_are_killed_clean_removes_all(self):
        process = self.begin("postgres")
        made = self.made()
        self.crash(process)

        self.assertEqual(0, self.harness("clean").returncode)

        self.assertNothingRuns(made)


class TerminalTest(ApplicationTest):
    """At a terminal."""

    def setUp(self):
        super().setUp()
        self.master, self.terminal = pty.openpty()
        self.addCleanup(os.close, self.master)
        self.addCleanup(os.close, self.terminal)

    def at_terminal(self, *arguments, **variables):
        return self.start(
            *arguments,
            code=IN_TERMINAL,
            stdin=self.terminal,
            stdout=subprocess.PIPE,
            stderr=self.terminal,
            start_new_session=True,
            env={**self.environ, **variables},
        )

    def type(self, text):
        os.write(self.master, text.encode())

    def test_without_a_command_the_users_shell_is_run(self):
        process = self.at_terminal("up", "postgres", SHELL="/bin/sh")

        self.type("echo $DATABASE_URL\nexit 4\n")

        printed, _ = process.communicate(timeout=60)
        self.assertIn("postgresql://postgres:", printed)
        self.assertEqual(4, process.returncode)
        self.assertEqual([], self.registry.slots())

    def test_a_typed_interrupt_goes_to_the_command_once_and_all_is_removed(self):
        code = """
import signal
heard = []
signal.signal(signal.SIGINT, lambda *_: (heard.append(1), say("heard")))
say("begun")
sys.stdin.readline()
say(f"{len(heard)} times")
os._exit(6)
"""
        process = self.at_terminal("up", "postgres", "--", *self.command(code))
        self.read_until(process, "begun")
        made = self.made()

        self.type("\x03")
        self.read_until(process, "heard")
        self.type("go on\n")

        printed, _ = process.communicate(timeout=60)
        self.assertEqual((6, "1 times\n"), (process.returncode, printed))
        self.assertNothingRuns(made)

    def test_a_typed_interrupt_ends_a_command_that_does_not_catch_it(self):
        process = self.at_terminal("up", "postgres", "--", "sh", "-c", "echo begun; exec sleep 60")
        self.read_until(process, "begun")
        made = self.made()

        self.type("\x03")

        process.communicate(timeout=60)
        self.assertEqual(128 + signal.SIGINT, process.returncode)
        self.assertNothingRuns(made)
