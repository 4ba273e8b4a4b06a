"""`harness doctor`: what can run here, and why not."""

import socket
from dataclasses import dataclass
from unittest import mock

from harness import Settings
from harness.cli import doctor as module
from harness.cli.doctor import Finding, examine, line
from harness.cli.text import WIDTH
from harness.errors import MissingExtraError
from tests.cli.test_main import CommandTest
from tests.support.fakes import Fake, Journal, failing, nothing


@dataclass(frozen=True, repr=False)
class Known(Fake):
    """A fake that says what it is, and fails to be preloaded on demand."""

    loading: object = nothing

    def identify(self, running, settings):
        return "Fake 1.0"

    def preload(self):
        self.loading()


HERE = {"FAKE_URL": "fake://me:secret@localhost"}


class ExamineTest(CommandTest):
    def examine(self, service=None, **variables):
        return list(examine(service or Known(Journal()), Settings.read(environ=variables)))

    def test_every_provider_is_looked_at_in_the_order_in_which_it_is_tried(self):
        findings = self.examine(**HERE)

        self.assertEqual(["external", "docker", "embedded"], [f.provider for f in findings])
        self.assertEqual(["->", "no", "no"], [f.state for f in findings])
        self.assertEqual("FAKE_URL=fake://me:***@localhost, Fake 1.0", findings[0].words)
        self.assertEqual("a fake does not run on docker", findings[1].words)

    def test_what_is_left_out_is_shown_last_and_not_chosen(self):
        findings = self.examine(**HERE, HARNESS_PROVIDERS="docker")

        self.assertEqual(["docker", "external", "embedded"], [f.provider for f in findings])
        self.assertEqual(["no", "ok", "no"], [f.state for f in findings])
        self.assertTrue(findings[1].words.endswith("(left out by the setting `providers`)"))

    def test_a_chosen_one_that_cannot_be_used_is_marked(self):
        findings = self.examine(FAKE_URL="other://localhost")

        self.assertEqual(["!!", "no", "no"], [f.state for f in findings])
        self.assertIn("other:// is for another kind of server", findings[0].words)

    def test_a_missing_client_is_a_reason(self):
        error = MissingExtraError("no driver", hint="pip install it")

        findings = self.examine(Known(Journal(), loading=failing(error)), **HERE)

        self.assertEqual(
            ("!!", "no driver\n  next: pip install it"), (findings[0].state, findings[0].words)
        )

    def test_nothing_is_started(self):
        journal = Journal()

        self.examine(Known(journal), **HERE)

        self.assertEqual([], journal.entries)


class DoctorTest(CommandTest):
    def doctor(self, *services, **variables):
        self.environment(DOCKER_HOST=f"unix://{self.directory}/none", **variables)
        with mock.patch.object(module, "SERVICES", services or module.SERVICES):
            return self.run_command("doctor")

    def test_a_service_that_is_nowhere_exits_with_1(self):
        done = self.doctor(Known(Journal()))

        self.assertEqual(1, done.exit_code)
        self.assertEqual(
            "no   fake on external\n"
            "     FAKE_URL is not set\n"
            "no   fake on docker\n"
            "     a fake does not run on docker\n"
            "no   fake on embedded\n"
            "     a fake does not run on embedded\n",
            done.output,
        )

    def test_a_service_that_is_there_exits_with_0(self):
        done = self.doctor(Known(Journal()), **HERE)

        self.assertEqual(0, done.exit_code)
        self.assertTrue(
            done.output.startswith("->   fake on external\n     FAKE_URL=fake://me:***@")
        )

    def test_a_service_that_was_chosen_and_does_not_work_exits_with_1(self):
        self.assertEqual(1, self.doctor(Known(Journal()), FAKE_URL="other://localhost").exit_code)

    def test_one_of_two_services_that_is_nowhere_exits_with_1(self):
        class Nowhere(Known):
            kind = "nowhere"

            def recipe(self, provider):
                return "never"

        self.assertEqual(1, self.doctor(Known(Journal()), Nowhere(Journal()), **HERE).exit_code)

    def test_an_external_postgres_is_knocked_at_and_its_password_not_shown(self):
        with socket.socket() as holder:
            holder.bind(("127.0.0.1", 0))  # and does not listen
            port = holder.getsockname()[1]
            done = self.doctor(
                DATABASE_URL=f"postgresql://me:secret@127.0.0.1:{port}/shop",
                HARNESS_PROVIDERS="external",
            )

        self.assertEqual(1, done.exit_code)
        self.assertIn("!!   postgres on external\n", done.output)
        self.assertIn("was not ready within 1 s", done.output)
        self.assertNotIn("secret", done.output)

    def test_a_postgres_of_another_machine_is_not_knocked_at(self):
        done = self.doctor(
            DATABASE_URL="postgresql://me:secret@db.example.com/shop", HARNESS_PROVIDERS="external"
        )

        self.assertIn("names a server on another machine: db.example.com", done.output)
        self.assertNotIn("secret", done.output)

    def test_a_missing_daemon_is_a_reason(self):
        done = self.doctor(HARNESS_PROVIDERS="docker")

        self.assertEqual(1, done.exit_code)
        self.assertIn("no   postgres on docker\n     no Docker daemon at unix://", done.output)

    def test_a_broken_file_of_images_exits_with_2(self):
        self.write("images.json", "no json")

        done = self.doctor(HARNESS_IMAGES="images.json")

        self.assertEqual(2, done.exit_code)
        self.assertIn("images.json cannot be read", done.stderr)


class LineTest(CommandTest):
    def test_further_lines_and_long_lines_are_indented(self):
        words = "one\n  two " + "word " * 30
        first, *others = line(Finding("db", "docker", True, True, words, chosen=True)).splitlines()

        self.assertEqual("->   db on docker", first)
        self.assertTrue(all(other.startswith("     ") for other in others))
        self.assertLessEqual(max(map(len, others)), WIDTH)
