"""What a `commit` test changes on the whole server: named, and undone as far as it can be."""

import uuid

from harness import HarnessTestCase, Postgres
from tests.integration.providers import on
from tests.integration.shop import shop

SERVICE = Postgres(migrations=shop, isolation="commit", exclusive=True)


class ServerChanges:
    """On a server of our own: beside other processes nobody could tell whose change it is."""

    def changed_by(self, *statements, then=lambda case: None):
        """Run a test with these statements, and another one after it; return what the first got."""

        class Case(HarnessTestCase):
            db = SERVICE

            def test_a(self):
                for statement in statements:
                    self.db.execute(statement)

            def test_b(self):
                then(self)

        result = self.run_inner(Case, "test_a", "test_b")
        self.assertEqual((2, ["test_a"]), (result.testsRun, result.failed), result.text)
        return str(self.raised_by(result))

    def test_a_role_is_named_and_dropped(self):
        role = f"role_{uuid.uuid4().hex}"

        text = self.changed_by(
            f"create role {role}",
            then=lambda case: self.assertEqual(
                0, case.db.value("select count(*) from pg_roles where rolname = %s", [role])
            ),
        )

        self.assertIn("changed what all databases of the server share", text)
        self.assertIn(f"role {role} was created; it was dropped", text)

    def test_a_role_that_owns_something_is_dropped_with_it(self):
        role = f"role_{uuid.uuid4().hex}"

        text = self.changed_by(
            f"create role {role}",
            f"create table its (id integer); alter table its owner to {role}",
            f"grant select on items to {role}",
            then=lambda case: self.assertFalse(case.db.exists("its")),
        )

        self.assertIn(f"role {role} was created; it was dropped", text)

    def test_a_setting_of_the_server_is_named_and_set_back(self):
        text = self.changed_by(
            "alter system set deadlock_timeout = '3s'",
            then=lambda case: self.assertEqual(
                0,
                case.db.value(
                    "select count(*) from pg_file_settings where sourcefile like %s", ["%auto.conf"]
                ),
            ),
        )

        self.assertIn("alter system has changed deadlock_timeout; it was set back", text)
        self.assertIn("self.addCleanup", text)

    def test_a_role_that_the_test_drops_itself_is_nobodys_business(self):
        class Case(HarnessTestCase):
            db = SERVICE

            def test(self):
                self.db.execute("create role passing")
                self.db.execute("drop role passing")

        self.assertEqual([], self.run_inner(Case).raised)


on(ServerChanges, "embedded")
