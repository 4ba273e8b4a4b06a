"""Services for one command: the variables that name them, and what is told."""

from unittest import mock

from harness import Postgres
from harness.cli.supply import Supply, by_hand, variable_names
from harness.cli.targets import Target
from harness.core.group import Group
from harness.errors import ConfigurationError, HarnessError, IsolationError, StartError
from tests.cli.test_main import CommandTest
from tests.support.fakes import Fake, Journal, failing


def target(service, name="db", group=None):
    return Target(name, service, group or Group([service]))


class NamesTest(CommandTest):
    def test_one_service_has_the_usual_variable(self):
        self.assertEqual(["DATABASE_URL"], variable_names([target(Postgres())]))

    def test_a_service_that_cannot_be_external_has_it_too(self):
        self.assertEqual(["DATABASE_URL"], variable_names([target(Postgres(image="mine"))]))

    def test_services_that_share_it_have_one_with_their_own_names(self):
        targets = [
            target(Postgres()),
            target(Postgres(name="x"), "reports"),
            target(Fake(Journal())),
        ]

        self.assertEqual(
            ["DATABASE_URL_DB", "DATABASE_URL_REPORTS", "FAKE_URL"], variable_names(targets)
        )

    def test_two_of_the_same_name_are_an_error(self):
        with self.assertRaises(ConfigurationError) as raised:
            variable_names([target(Postgres()), target(Postgres(name="x"))])

        self.assertEqual(
            "2 services would be told by one variable, DATABASE_URL_DB\n  next: name fewer of them",
            str(raised.exception),
        )


class ByHandTest(CommandTest):
    def test_what_a_command_commits_stays(self):
        service = Postgres(migrations="m", isolation="readonly")

        self.assertEqual(Postgres(migrations="m", isolation="commit"), by_hand(service))

    def test_a_service_without_an_isolation_stays_as_it_is(self):
        service = Fake(Journal())

        self.assertIs(service, by_hand(service))


class SupplyTest(CommandTest):
    def setUp(self):
        super().setUp()
        self.journal = Journal()
        self.said = []

    def supply(self, *targets, **variables):
        settings = self.settings(FAKE_URL="fake://me:secret@127.0.0.1:7/x", **variables)
        supply = Supply(targets, settings, self.said.append)
        self.addCleanup(supply.close)
        return supply

    def test_the_variable_is_set_to_the_url_and_its_password_not_shown(self):
        supply = self.supply(target(Fake(self.journal)))

        self.assertEqual({"FAKE_URL": "fake://me:secret@127.0.0.1:7/x"}, supply.start())
        self.assertEqual(
            [
                "fake on external (FAKE_URL=fake://me:***@127.0.0.1:7/x)",
                "FAKE_URL=fake://me:***@127.0.0.1:7/x",
            ],
            self.said,
        )

    def test_a_variable_that_two_share_is_unset(self):
        one, other = Fake(self.journal, "one"), Fake(self.journal, "other")

        values = self.supply(target(one, "one"), target(other, "other")).start()

        self.assertIsNone(values["FAKE_URL"])
        self.assertEqual({"FAKE_URL", "FAKE_URL_ONE", "FAKE_URL_OTHER"}, set(values))
        self.assertEqual(3, len(self.said))  # where they run is said once

    def test_a_service_that_no_variable_names_is_told_by_its_address(self):
        service = Fake(self.journal)
        with mock.patch("harness.cli.supply.url_recipe", return_value=None):
            self.assertEqual({}, self.supply(target(service)).start())

        self.assertEqual("db is at 127.0.0.1:7", self.said[-1])

    def test_services_that_are_declared_together_start_side_by_side(self):
        one, other = Fake(self.journal, "one"), Fake(self.journal, "other")
        group = Group([one, other])
        supply = self.supply(target(one, "one", group), target(other, "other", group))

        with mock.patch.object(supply._environment, "start_in_background") as start:
            supply.start()

        start.assert_called_once_with(group)

    def test_of_a_class_of_which_one_was_named_the_others_are_not_started(self):
        one, other = Fake(self.journal, "one"), Fake(self.journal, "other")

        self.supply(target(one, "one", Group([one, other]))).start()

        self.assertEqual(["one start", "one acquire"], self.journal.entries)

    def test_all_is_given_back_in_reverse_order_and_twice_is_no_error(self):
        one, other = Fake(self.journal, "one"), Fake(self.journal, "other")
        supply = self.supply(target(one, "one"), target(other, "other"))
        supply.start()

        supply.close()
        supply.close()

        self.assertEqual(["other release", "one release"], self.journal.entries[-2:])

    def test_after_a_failed_start_the_rest_is_given_back(self):
        bad = Fake(self.journal, "bad", starting=failing(StartError("no")))
        supply = self.supply(target(Fake(self.journal)), target(bad, "bad"))

        with self.assertRaises(StartError):
            supply.start()
        supply.close()

        self.assertIn("db release", self.journal.entries)

    def test_what_the_command_left_open_is_told_and_no_failure(self):
        left = IsolationError("the test left 1 connection(s)", hint="mend it", detail="pid 7")
        supply = self.supply(target(Fake(self.journal, releasing=failing(left))))
        supply.start()

        supply.close()

        self.assertEqual("harness: the command left 1 connection(s)\n    pid 7", self.said[-1])

    def test_what_cannot_be_given_back_is_told_and_keeps_nothing_from_it(self):
        error = HarnessError("stuck", hint="look")
        one = Fake(self.journal, "one")
        other = Fake(self.journal, "other", releasing=failing(error))
        supply = self.supply(target(one, "one"), target(other, "other"))
        supply.start()

        supply.close()

        self.assertEqual("harness: stuck\n  next: look", self.said[-1])
        self.assertIn("one release", self.journal.entries)
