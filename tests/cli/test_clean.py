"""`harness clean`: what nobody holds is removed and told; what somebody holds is left and told."""

import os
import socket
from pathlib import Path
from unittest import mock

from harness.cli.text import WIDTH
from harness.core.registry import directory_thing, processes
from harness.errors import HarnessError
from harness.providers.engine import EngineError
from harness.services.postgres.service import Postgres
from tests.cli.test_main import CommandTest
from tests.integration.providers import on_one_python
from tests.support.commands import CommandsTest, kill
from tests.support.registry import wait_until
from tests.support.slots import SlotsTest, name_of_us


class TellingTest(SlotsTest):
    """What is printed; no server is started."""

    run_command = CommandTest.run_command

    def clean(self, *options):
        return self.run_command("clean", *options)

    def test_with_nothing_to_do_it_says_so_in_one_line(self):
        done = self.clean()

        self.assertEqual((0, "nothing to remove\n"), (done.exit_code, done.output))

    def test_where_nothing_was_ever_made_it_makes_nothing(self):
        self.environment(HARNESS_STATE_DIR=str(self.directory / "other"))

        self.assertEqual("nothing to remove\n", self.clean().output)
        self.assertFalse((self.directory / "other").exists())

    def test_what_was_removed_is_told_with_why_nobody_held_it(self):
        self.ready(self.slot())

        done = self.clean()

        self.assertEqual(0, done.exit_code)
        self.assertEqual(
            "postgres on embedded, started 3 min ago; whoever held it was killed\n"
            f"    removed directory {self.directory}/data/db\n",
            done.output,
        )
        self.assertEqual([], self.registry.slots())

    def test_each_reason_is_told(self):
        self.ready(self.slot("1"), reuse=60)
        self.slot("2", boot="another")
        self.slot("3", things=[])

        words = " ".join(self.clean("--dry-run").output.split())

        self.assertIn("ago; kept for the next run would remove directory", words)
        self.assertIn("ago; left when this machine was switched off would remove", words)

    def test_a_dry_run_only_tells(self):
        self.ready(self.slot())

        done = self.clean("--dry-run")

        self.assertEqual(0, done.exit_code)
        self.assertIn(f"    would remove directory {self.directory}/data/db\n", done.output)
        self.assertTrue(self.made().exists())

    def test_what_somebody_holds_is_left_and_says_by_whom(self):
        self.held(self.ready(self.slot()))

        done = self.clean()

        self.assertEqual(0, done.exit_code)
        self.assertEqual(
            "postgres on embedded, started 3 min ago\n"
            f"    left alone: held by {os.getpid()} ({name_of_us()})\n",
            done.output,
        )

    def test_what_is_being_started_is_left(self):
        self.locked(self.held(self.slot()))

        self.assertIn(f"left alone: being started by {os.getpid()} (", self.clean().output)

    def test_what_cannot_be_removed_says_why_and_what_to_do_and_exits_with_1(self):
        slot = self.ready(self.slot())
        self.ready(self.slot("other"))
        error = OSError(16, "Device or resource busy", "/data/db")
        real = directory_thing.remove
        failing = {str(self.made()): mock.Mock(side_effect=error)}

        with mock.patch.object(
            directory_thing, "remove", lambda path: failing.get(path, real)(path)
        ):
            done = self.clean()

        self.assertEqual(1, done.exit_code)
        words = " ".join(done.output.split())
        self.assertIn(
            f"could not remove directory {self.directory}/data/db: "
            "[Errno 16] Device or resource busy: '/data/db' "
            "next: mend that, then run `harness clean` again "
            f"or remove it by hand, then forget it: rm -r {slot.path}",
            words,
        )
        self.assertIn(f"removed directory {self.directory}/data/other", words)
        self.assertEqual(["db"], [slot.key for slot in self.registry.slots()])

    def test_a_daemon_that_does_not_answer_is_named(self):
        host = f"unix://{self.directory}/none"
        self.slot(things=[{"kind": "container", "host": host, "name": "c", "made": True}])

        done = self.clean()

        self.assertEqual(1, done.exit_code)
        words = " ".join(done.output.split())
        self.assertIn(
            f"could not remove container c: the Docker daemon at {host} does not answer: ", words
        )

    def test_a_daemon_that_refuses_is_quoted(self):
        self.slot(things=[{"kind": "container", "host": "h", "name": "c", "made": True}])

        with mock.patch("harness.providers.container_thing.remove") as remove:
            remove.side_effect = EngineError(500, "no")
            words = " ".join(self.clean().output.split())

        self.assertIn("container c: the Docker daemon answers 500: no next: ", words)

    def test_what_cannot_be_read_names_the_file_and_does_not_stop_the_rest(self):
        damaged = self.slot("a")
        Path(damaged.path, "intent").write_text("{", encoding="utf-8")
        self.ready(self.slot("b"))

        done = self.clean()

        self.assertEqual(1, done.exit_code)
        words = " ".join(done.output.split())
        reason = f"what was made cannot be read from {damaged.path}/intent"
        self.assertIn(f"the instance a {reason}", words)
        self.assertIn("next: remove what it names by hand, then the directory: rm -r ", words)
        self.assertIn(f"removed directory {self.directory}/data/b", words)

    def test_a_registry_of_a_newer_version_exits_with_2(self):
        Path(self.registry.path, "format").write_text("99", encoding="ascii")

        with mock.patch("harness.core.registry.listing.registry_of", self.fresh):
            done = self.clean()

        self.assertEqual(2, done.exit_code)
        self.assertIn("was written by a newer version of harness: format 99", done.stderr)

    def fresh(self, settings):
        """Read the registry anew: in this process one object stands for each."""
        return type(self.registry)(self.registry.path, self.registry.identifier)

    def test_a_wrong_option_exits_with_2(self):
        self.assertEqual(2, self.clean("--dry").exit_code)

    def test_it_fits_a_terminal(self):
        self.ready(self.slot(description="word " * 50, service="postgres " * 20))

        for line in self.clean().output.splitlines():
            self.assertLessEqual(len(line.replace(str(self.directory), "")), WIDTH)


class ServersTest(CommandTest):
    """Servers that somebody else runs; none is here."""

    def clean(self, **variables):
        self.environment(HARNESS_STATE_DIR=str(self.directory), **variables)
        return self.run_command("clean")

    def test_one_that_does_not_answer_is_skipped_with_one_line(self):
        with socket.socket() as holder:
            holder.bind(("127.0.0.1", 0))  # and does not listen
            port = holder.getsockname()[1]
            done = self.clean(DATABASE_URL=f"postgresql://me:secret@127.0.0.1:{port}/shop")

        self.assertEqual(0, done.exit_code)
        self.assertIn(
            f"DATABASE_URL=postgresql://me:***@127.0.0.1:{port}/shop was not looked at: "
            "postgres on external was not ready within 1 s",
            " ".join(done.output.split()),
        )
        self.assertNotIn("secret", done.output)

    def test_one_on_another_machine_is_skipped(self):
        done = self.clean(DATABASE_URL="postgresql://me:secret@db.example.com/shop")

        self.assertIn("names a server on another machine", " ".join(done.output.split()))

    def test_one_that_the_settings_leave_out_is_not_looked_at(self):
        done = self.clean(DATABASE_URL="nonsense", HARNESS_PROVIDERS="embedded")

        self.assertEqual("nothing to remove\n", done.output)

    def test_what_is_removed_there_and_what_cannot_be_is_told(self):
        def remove_orphans(service, running, settings, told, *, dry):
            told("database t_1", None)
            told("database t_2", HarnessError("it is in use", hint="close it"))

        url = "postgresql://me:secret@127.0.0.1:1/shop"
        with (
            mock.patch("harness.cli.clean.reach"),
            mock.patch.object(Postgres, "remove_orphans", remove_orphans),
        ):
            done = self.clean(DATABASE_URL=url)

        self.assertEqual(1, done.exit_code)
        self.assertEqual(
            "postgres at DATABASE_URL=postgresql://me:***@127.0.0.1:1/shop; nobody holds it\n"
            "    removed database t_1\n"
            "    could not remove database t_2: it is in use\n"
            "      next: close it\n",
            done.output,
        )


@on_one_python
class CrashTest(CommandsTest):
    """Real servers, of processes that were killed."""

    def test_what_a_killed_process_and_its_killed_janitor_left_is_removed(self):
        holder = self.hold()
        made = self.made()
        self.crash(holder)
        self.assertNotEqual([], made.left())

        done = self.harness("clean")

        self.assertEqual((0, ""), (done.returncode, done.stderr))
        self.assertRegex(
            done.stdout,
            r"\Apostgres on embedded, started \d+ s ago; whoever held it was killed\n"
            r"    removed processes of \w+\n"
            r"    removed shared memory of the server in\s+\S+\n"
            r"    removed directory \S+\n\Z",
        )
        self.assertNothingRuns(made)
        self.assertEqual("nothing to remove\n", self.harness("clean").stdout)

    def test_what_is_kept_for_the_next_run_is_removed_and_its_janitor_leaves(self):
        holder = self.hold(HARNESS_REUSE="1")
        made = self.made()
        janitor = self.janitor()
        started = processes.start_time(janitor)
        holder.communicate(timeout=30)
        self.assertNotEqual([], made.left())

        done = self.harness("clean")

        self.assertEqual(0, done.returncode)
        self.assertIn("; kept for the next run\n", done.stdout)
        self.assertNothingRuns(made)
        self.assertTrue(processes.wait_for_end(janitor, started, 30))

    def test_what_a_living_process_holds_is_left_though_its_janitor_was_killed(self):
        holder = self.hold()
        kill(self.janitor())

        done = self.harness("clean")

        self.assertEqual(0, done.returncode)
        self.assertRegex(done.stdout, rf"    left alone: held by {holder.pid} \(python[\d.]*\)\n\Z")
        self.assertIsNone(holder.poll())
        self.assertNotEqual([], self.made().left())

    def test_a_janitor_that_is_at_work_and_two_cleans_do_not_disturb_each_other(self):
        holder = self.hold()
        made = self.made()
        holder.kill()  # which wakes the janitor

        cleans = [self.start("clean") for _ in range(2)]

        for process in cleans:
            printed, errors = process.communicate(timeout=60)
            self.assertEqual((0, ""), (process.returncode, errors), printed)
        wait_until(lambda: not self.registry.slots(), "the removal")
        self.assertNothingRuns(made)

    def test_of_two_at_once_one_removes(self):
        holder = self.hold()
        made = self.made()
        self.crash(holder)

        cleans = [self.start("clean") for _ in range(2)]

        printed = [process.communicate(timeout=60)[0] for process in cleans]
        self.assertEqual([0, 0], [process.returncode for process in cleans])
        self.assertEqual(1, "".join(printed).count("removed directory"), printed)
        self.assertNothingRuns(made)
