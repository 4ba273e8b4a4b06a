"""The part of a log that belongs to a test: what is shown, what is kept, and what it costs."""

from harness.core.endpoint import Endpoint
from harness.core.instance import Instance
from harness.testing.logs import LogRecorder
from tests.support.fakes import FakeRunning, failing
from tests.support.unit import DirectoryTest


class LogsTest(DirectoryTest):
    def setUp(self):
        super().setUp()
        self.keep = self.directory / "artifacts"
        self.instance = self.make("db")
        self.say = self.instance.running.say

    def make(self, kind, password="hunter2"):
        running = FakeRunning(Endpoint("127.0.0.1", 1, password=password))
        return Instance(kind, "docker", running)

    def kept(self):
        """Return what is kept, by its path below the directory of the artifacts."""
        files = (path for path in self.keep.rglob("*") if path.is_file())
        return {path.relative_to(self.keep).as_posix(): path.read_text() for path in files}


class ShownTest(LogsTest):
    def test_what_was_logged_before_the_test_is_not_shown(self):
        self.say("before")
        logs = LogRecorder(None, [self.instance])
        self.say("during")

        (note,) = logs.notes("t")

        self.assertRegex(note, r"^log of db on docker from .* to .*:\n    during$")

    def test_nothing_is_shown_of_a_log_that_has_nothing_new(self):
        self.say("before")
        logs = LogRecorder(self.keep, [self.instance])
        self.say("", " ")

        self.assertEqual([], logs.notes("t"))
        self.assertEqual({}, self.kept())

    def test_each_instance_has_a_note(self):
        other = self.make("cache")
        logs = LogRecorder(None, [self.instance, other])
        self.say("one")
        other.running.say("two")

        self.assertEqual(["one", "two"], [note[-3:] for note in logs.notes("t")])

    def test_an_instance_that_is_added_again_keeps_its_first_mark(self):
        logs = LogRecorder(None, [self.instance])
        self.say("during")
        logs.add(self.instance)

        self.assertIn("during", logs.notes("t")[0])

    def test_a_second_failure_shows_what_was_logged_since_the_first(self):
        logs = LogRecorder(None, [self.instance])
        self.say("one")
        logs.notes("t")

        self.assertEqual([], logs.notes("t"))
        self.say("two")
        (note,) = logs.notes("t")
        self.assertNotIn("one", note)
        self.assertIn("two", note)

    def test_a_subtest_has_what_was_logged_since_the_one_before(self):
        logs = LogRecorder(None, [self.instance])
        self.say("one")
        logs.next_subtest()
        self.say("two")

        (note,) = logs.notes("t (i=2)", subtest=True)

        self.assertNotIn("one", note)
        self.assertIn("two", note)

    def test_passwords_are_not_shown(self):
        logs = LogRecorder(None, [self.instance])
        self.say("logged in with hunter2", "alter role ada password 'swordfish'")

        (note,) = logs.notes("t")

        self.assertIn("logged in with ***\n    alter role ada password ***", note)

    def test_a_log_that_cannot_be_read_is_no_other_failure(self):
        self.instance.running.log_since = lambda mark: failing(OSError("daemon gone"))()
        logs = LogRecorder(None, [self.instance])

        self.assertEqual(["log of db on docker: it cannot be read: daemon gone"], logs.notes("t"))

    def test_a_mark_that_cannot_be_taken_is_told_with_a_failure_alone(self):
        self.instance.running.log_mark = failing(OSError("daemon gone"))

        logs = LogRecorder(None, [self.instance])

        self.assertEqual(["log of db on docker: it cannot be read: daemon gone"], logs.notes("t"))

    def test_nothing_is_read_for_a_test_that_passes(self):
        logs = LogRecorder(self.keep, [self.instance])
        self.say("during")
        logs.next_subtest()
        logs.finish()

        self.assertEqual(0, self.instance.running.readings)
        self.assertFalse(self.keep.exists())


class KeptTest(LogsTest):
    def test_the_whole_part_is_kept_in_the_folder_of_the_test(self):
        self.say("before")
        logs = LogRecorder(self.keep, [self.instance])
        self.say(*(f"line {number}" for number in range(30)))

        (note,) = logs.notes("a.Case.test")

        file = self.keep / "a.Case.test" / "db-on-docker.log"
        self.assertIn(f"(10 more lines before these; all in {file})", note)
        self.assertEqual([f"line {n}" for n in range(30)], file.read_text().splitlines())

    def test_it_is_completed_by_what_the_clean_ups_log(self):
        logs = LogRecorder(self.keep, [self.instance])
        self.say("test")
        logs.notes("t")
        self.say("clean-up")

        logs.finish()

        self.assertEqual({"t/db-on-docker.log": "test\nclean-up\n"}, self.kept())

    def test_what_was_kept_stays_though_nothing_can_be_read_any_more(self):
        logs = LogRecorder(self.keep, [self.instance])
        self.say("test")
        logs.notes("t")
        self.instance.running.text = ""  # as of a container that was removed

        logs.finish()

        self.assertEqual({"t/db-on-docker.log": "test\n"}, self.kept())

    def test_an_instance_that_logged_nothing_has_no_file(self):
        logs = LogRecorder(self.keep, [self.instance, self.make("cache")])
        self.say("test")
        logs.notes("t")
        logs.finish()

        self.assertEqual({"t/db-on-docker.log": "test\n"}, self.kept())

    def test_a_second_failure_of_a_test_goes_into_the_same_folder(self):
        logs = LogRecorder(self.keep, [self.instance])
        for word in ("one", "two"):
            self.say(word)
            logs.notes("t")
        logs.finish()

        self.assertEqual({"t/db-on-docker.log": "one\ntwo\n"}, self.kept())

    def test_a_test_that_is_repeated_has_a_folder_each_time(self):
        for word in ("one", "two"):
            logs = LogRecorder(self.keep, [self.instance])
            self.say(word)
            logs.notes("t")
            logs.finish()

        self.assertEqual(
            {"t/db-on-docker.log": "one\n", "t-2/db-on-docker.log": "two\n"}, self.kept()
        )

    def test_each_failed_subtest_has_a_folder_with_its_own_part(self):
        logs = LogRecorder(self.keep, [self.instance])
        for number in (1, 2, 3):
            self.say(f"part {number}")
            if number != 2:
                logs.notes(f"t (i={number})", subtest=True)
            logs.next_subtest()
        logs.finish()

        self.assertEqual(["part 1\n", "part 3\n"], sorted(self.kept().values()))

    def test_instances_of_one_kind_have_a_file_each(self):
        other = self.make("db")
        logs = LogRecorder(self.keep, [self.instance, other])
        self.say("one")
        other.running.say("two")
        logs.notes("t")

        self.assertEqual(
            {"t/db-on-docker.log": "one\n", "t/db-on-docker-2.log": "two\n"}, self.kept()
        )

    def test_passwords_are_not_kept(self):
        logs = LogRecorder(self.keep, [self.instance])
        self.say("hunter2 password='swordfish'")
        logs.notes("t")
        logs.finish()
        self.instance.close()

        self.assertEqual(2, len(self.kept()))
        for text in self.kept().values():
            self.assertNotIn("hunter2", text)
            self.assertNotIn("swordfish", text)

    def test_a_directory_that_cannot_be_written_is_told_and_the_log_shown(self):
        self.keep.write_text("a file")
        logs = LogRecorder(self.keep, [self.instance])
        self.say("during")

        (note,) = logs.notes("t")

        self.assertIn("\n    during\n", note)
        self.assertIn(f"(it cannot be kept in {self.keep}: ", note)

    def test_the_complete_log_is_kept_when_the_instance_is_given_up(self):
        self.say("before")
        LogRecorder(self.keep, [self.instance])
        LogRecorder(self.keep, [self.instance])
        self.say("during")

        self.instance.close()

        self.assertEqual({"instances/db-on-docker-fake.log": "before\nduring\n"}, self.kept())

    def test_an_instance_that_logged_nothing_leaves_no_file(self):
        LogRecorder(self.keep, [self.instance])

        self.instance.close()

        self.assertEqual({}, self.kept())
