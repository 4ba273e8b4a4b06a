"""Servers as children of the janitor: what they are given, and how they ended."""

import os
import signal
import unittest

from harness.core.recipe import Account
from harness.core.registry import files, processes
from harness.core.registry.processes_thing import exit_file, first_process, pid_file
from tests.support.parts import launch
from tests.support.registry import RegistryTest, parent_of, wait_until
from tests.support.unit import IS_ROOT

STANDARD = (1 << 31) - 1  # bits of the signals that are not real-time ones
LEAVES_A_CHILD = "sleep 60 & echo $!"


class ChildrenTest(RegistryTest):
    def setUp(self):
        super().setUp()
        self.claim = self.begun()
        self.life = self.claim.slot.life(self.claim.instance)

    def run_server(self, script, **fields):
        """Run a server of a few words to its end; return what it printed, by lines."""
        self.server(self.claim, "sh", "-c", script, **fields)
        wait_until(lambda: self.exit_code() is not None, "its end")
        return self.output()

    def output(self):
        return (self.directory / "server.log").read_text().splitlines()

    def exit_code(self):
        return files.read(exit_file(self.life))

    def refused(self, *command, **fields):
        with self.assertRaises(OSError) as caught:
            self.server(self.claim, *command, **fields)
        return caught.exception


class GivenTest(ChildrenTest):
    def test_it_has_the_environment_that_it_was_given_and_its_mark(self):
        printed = self.run_server("env", environment={"PATH": os.environ["PATH"], "WORD": "a b"})

        found = dict(line.split("=", 1) for line in printed)
        self.assertEqual("a b", found["WORD"])
        self.assertEqual(self.claim.instance, found["HARNESS_INSTANCE"])
        self.assertLessEqual(set(found), {"PATH", "WORD", "HARNESS_INSTANCE", "PWD", "_", "SHLVL"})

    def test_it_works_in_the_directory_that_it_was_given(self):
        self.assertEqual([str(self.directory)], self.run_server("pwd"))

    def test_it_reads_nothing_and_prints_to_its_log(self):
        self.assertEqual(["out", "err"], self.run_server("cat; echo out; echo err >&2"))

    def test_its_log_goes_on_where_it_ended(self):
        self.run_server("echo first")
        how = launch("sh", "-c", "echo second")

        self.claim.respawn(how, "/", str(self.directory / "server.log"))

        wait_until(lambda: self.output() == ["first", "second"], "its second word")

    def test_it_has_no_descriptor_but_its_own_and_its_lifetime_lock(self):
        found = self.run_server("for fd in /proc/$$/fd/*; do readlink $fd; done")

        log = str(self.directory / "server.log")
        self.assertEqual({"/dev/null", log, self.life}, set(found))
        self.assertEqual(4, len(found))

    def test_it_leads_a_session_of_its_own(self):
        [line] = self.run_server("cut -d' ' -f1,5,6 /proc/$$/stat")

        pid, group, session = line.split()
        self.assertEqual((pid, pid), (group, session))

    def test_it_ignores_no_signal_that_its_janitor_ignores(self):
        [line] = self.run_server("grep SigIgn /proc/$$/status")

        ignored = int(line.split()[1], 16)
        self.assertEqual(0, ignored & STANDARD, line)

    @unittest.skipUnless(IS_ROOT, "only root can become somebody else")
    def test_it_runs_as_the_user_that_it_was_given(self):
        self.directory.chmod(0o755)

        printed = self.run_server("id -u; id -G", account=Account(user="nobody"))

        self.assertEqual(["65534", "65534"], printed)

    @unittest.skipUnless(IS_ROOT, "only root has groups to lose")
    def test_as_another_user_it_has_none_of_our_groups(self):
        self.claim.release()  # for a janitor that is started by somebody with more groups
        log = self.directory / "groups"
        other = self.other(f"""
            os.setgroups([4711])
            claim = begun()
            how = launch("id", "-G", account=Account(user="nobody"))
            claim.spawn(how, "/", {str(log)!r})
            say("spawned")
            wait()
            claim.release()
        """)
        other.wait_for("spawned")

        wait_until(log.read_text, "its word")

        self.assertEqual("65534\n", log.read_text())
        other.finish()


class FailureTest(ChildrenTest):
    def test_a_program_that_is_not_there_is_named(self):
        error = self.refused("nowhere-to-be-found")

        self.assertIsInstance(error, FileNotFoundError)
        self.assertEqual("nowhere-to-be-found", error.filename)

    def test_a_program_that_may_not_be_run_is_named(self):
        program = self.write("program", "#!/bin/sh\n")

        error = self.refused(str(program))

        self.assertIsInstance(error, PermissionError)
        self.assertEqual(str(program), error.filename)

    def test_a_directory_that_is_not_there_is_named(self):
        with self.assertRaises(FileNotFoundError) as caught:
            self.claim.spawn(launch("true"), "/nowhere", str(self.directory / "log"))

        self.assertEqual("/nowhere", caught.exception.filename)

    def test_a_log_that_cannot_be_written_is_named(self):
        with self.assertRaises(FileNotFoundError) as caught:
            self.claim.spawn(launch("true"), "/", "/nowhere/log")

        self.assertEqual("/nowhere/log", caught.exception.filename)

    def test_a_user_that_does_not_exist_is_named(self):
        error = self.refused("true", account=Account(user="no-such-user"))

        self.assertEqual("no-such-user", error.filename)

    def test_after_a_failure_the_same_janitor_starts_others(self):
        janitor = self.signed()
        for fields in ({}, {"account": Account(user="no-such-user")}):
            self.refused("nowhere-to-be-found", **fields)

        self.assertEqual(["well"], self.run_server("echo well"))

        self.assertEqual(janitor, self.janitor())

    def test_what_is_being_removed_is_not_started(self):
        how = launch("touch", str(self.directory / "started"))

        with self.assertRaises(FileNotFoundError) as caught:
            self.claim.respawn(how, "/", str(self.directory / "log"))

        self.assertEqual(self.life, caught.exception.filename)
        self.assertFalse((self.directory / "started").exists())


class EndTest(ChildrenTest):
    def test_its_number_and_start_time_are_written_down(self):
        server = self.server(self.claim)

        self.assertEqual(server, first_process(self.life))
        self.assertIsNone(self.exit_code())

    def test_its_exit_code_is_written_down(self):
        self.run_server("exit 7")

        self.assertEqual(7, self.exit_code())

    def test_the_signal_that_killed_it_is_written_down(self):
        self.run_server("kill -KILL $$")

        self.assertEqual(-signal.SIGKILL, self.exit_code())

    def test_the_exit_code_of_the_one_before_is_forgotten(self):
        self.run_server("exit 7")

        self.claim.respawn(launch("sleep", "60"), "/", str(self.directory / "log"))

        self.assertIsNone(self.exit_code())

    def test_one_that_ends_is_no_zombie(self):
        pid, _ = self.server(self.claim, "true")

        wait_until(lambda: not os.path.isdir(f"/proc/{pid}"), "the end of its zombie")

    def test_what_forks_away_is_adopted_ended_and_no_zombie(self):
        self.claim.publish()
        [line] = self.run_server(LEAVES_A_CHILD)
        child = int(line)
        self.assertEqual(self.signed()[0], parent_of(child))

        self.claim.release()

        wait_until(lambda: not os.path.isdir(f"/proc/{child}"), "the end of the child")
        self.assertNothingLeft()

    def test_one_in_whose_place_another_still_runs_takes_it(self):
        first = self.server(self.claim)

        second = self.claim.respawn(launch("sleep", "60"), "/", str(self.directory / "log"))

        self.assertFalse(processes.is_alive(*first))
        self.assertEqual(second, first_process(self.life)[0])
        self.assertTrue(os.path.exists(pid_file(self.life)))
