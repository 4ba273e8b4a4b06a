"""What a `commit` test changes on the whole server: named, and undone as far as it can be."""

import dataclasses
import os
import unittest
import uuid
from unittest import mock

import psycopg

from harness import Environment, HarnessTestCase, Postgres
from harness.core.settings import Settings
from harness.errors import LeakError
from harness.services.postgres.commit import cluster
from harness.services.postgres.commit.wal import WalReader
from tests.integration.providers import environment, on, on_one_python
from tests.integration.shop import shop

SERVICE = Postgres(
    migrations=shop, isolation="commit", exclusive=True, settings=(("wal_level", "logical"),)
)
ROLE = """
select row(rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication,
           rolbypassrls, rolconnlimit, rolpassword, coalesce(rolvaliduntil, 'infinity'),
           (select array_agg(m.roleid::regrole::text || m.admin_option order by m.roleid)
            from pg_auth_members m where m.member = r.oid),
           (select array_agg(concat(d.datname, s.setconfig) order by d.datname)
            from pg_db_role_setting s left join pg_database d on d.oid = s.setdatabase
            where s.setrole = r.oid),
           shobj_description(oid, 'pg_authid'))::text
from pg_authid r where rolname = 'kept'
"""
KEPT = (
    "create role team",
    "create role kept login connection limit 7 valid until '2040-01-01' password 'secret'",
    "grant pg_monitor to kept with admin option",
    "alter role kept set work_mem = '3MB'",
    "alter role kept set search_path = '$user', \"Odd, one\", public",
    "alter role kept in database postgres set statement_timeout = '9s'",
    "comment on role kept is 'it''s kept'",
)

ALTERED = (
    (["alter role kept superuser createdb nologin connection limit 3"], "role kept was altered"),
    (["alter role kept valid until '2020-01-01' password 'other'"], "role kept was altered"),
    (["alter role kept valid until 'infinity' password null"], "role kept was altered"),
    (["alter role kept rename to known"], "role kept was renamed to known; it was put back"),
    (["revoke pg_monitor from kept"], "membership kept in pg_monitor"),
    (["revoke admin option for pg_monitor from kept"], "membership kept in pg_monitor"),
    (["grant team to kept"], "membership kept in team"),
    (["alter role kept reset all"], "configuration of role kept was dropped; it was made again"),
    (["alter role kept set search_path = one"], "configuration of role kept was altered"),
    (["alter role kept set my.own = 'x y'"], "configuration of role kept was altered"),
    (
        ["alter role kept in database postgres set work_mem = '1MB'"],
        "configuration of role kept in database postgres was altered; it was put back",
    ),
    (["comment on role kept is 'x'"], "comment on role kept was altered; it was put back"),
    (["comment on role kept is null"], "comment on role kept was dropped; it was made again"),
    (["drop role kept"], "role kept was dropped; it was made again"),
    (["drop role kept", "create role kept"], "role kept was altered; it was put back"),
)


def keeping(db):
    """Make roles that no test may change."""
    shop(db)
    for statement in KEPT:
        db.execute(statement)


def altering(statements):
    def test(self):
        self.look()
        for statement in statements:
            self.db.execute(statement)

    return test


class Changes:
    def declared(self):
        """Return what the inner tests use; an attribute would have this test hold it, too."""
        return SERVICE

    def changed_by(self, *statements, then=lambda case: None):
        """Run a test with these statements, and another one after it; return what the first got."""

        class Case(HarnessTestCase):
            db = self.declared()

            def test_a(self):
                for statement in statements:
                    if callable(statement):
                        statement(self)
                    else:
                        self.db.execute(statement)

            def test_b(self):
                then(self)

        result = self.run_inner(Case, "test_a", "test_b")
        self.assertEqual((2, ["test_a"]), (result.testsRun, result.failed), result.text)
        return str(self.raised_by(result))


@on_one_python
class ServerChanges(Changes):
    """On a server of our own: all that changes there is the test's doing."""

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

    def test_a_database_is_named_and_dropped(self):
        text = self.changed_by(
            'create database "Other shop"',
            "alter database \"Other shop\" set work_mem = '2MB'",
            "comment on database \"Other shop\" is 'x'",
            then=lambda case: self.assertEqual(0, case.db.value(COUNT, ["Other shop"])),
        )

        self.assertIn("database Other shop was created; it was dropped", text)
        self.assertNotIn("comment", text)

    def test_a_database_in_which_somebody_is_still_at_work_is_dropped(self):
        connections = []

        def connect(case):
            case.db.execute("create database busy")
            url = str(case.db.dsn).replace(case.db.database, "busy")
            connections.append(psycopg.connect(url))

        text = self.changed_by(
            connect, then=lambda case: self.assertEqual(0, case.db.value(COUNT, ["busy"]))
        )

        connections[0].close()
        self.assertIn("database busy was created; it was dropped", text)

    def test_a_database_made_over_a_connection_to_another_one(self):
        text = self.changed_by(lambda case: elsewhere(case, "create database over_there"))

        self.assertIn("database over_there was created; it was dropped", text)

    def test_a_test_that_drops_the_database_it_has_made_is_nobodys_business(self):
        class Case(HarnessTestCase):
            db = SERVICE

            def test(self):
                self.db.execute("create database passing")
                self.addCleanup(self.db.execute, "drop database passing")

        self.assertEqual([], self.run_inner(Case).raised)

    def test_what_was_moved_to_other_files_after_it_was_changed_is_named(self):
        for what, catalog in (("role", "pg_authid"), ("database", "pg_database")):
            with self.subTest(what):
                text = self.changed_by(
                    lambda case, what=what, catalog=catalog: elsewhere(
                        case, f"create {what} moved_away", f"vacuum full {catalog}"
                    )
                )
                self.assertIn(f"{what} moved_away was created; it was dropped", text)

    def test_what_somebody_has_moved_to_other_files_is_watched_there(self):
        for told in (True, False):
            with self.subTest(told=told):
                self.check_moved(told)

    def check_moved(self, told):
        """Move files in one test, of which the log tells or not; change what is in them later."""
        numbers, settings = [], []
        reads = WalReader.writes if told else lambda *args, **options: None
        patch = mock.patch.object(WalReader, "writes", reads)

        class Case(HarnessTestCase):
            db = SERVICE

            def setUp(self):
                numbers.append(self.db.value(NUMBER))
                settings.append(self.db.value("show work_mem"))

            def test_a(self):
                patch.start()
                elsewhere(self, "vacuum full pg_authid", "vacuum full pg_db_role_setting")

            def test_b(self):
                patch.stop()
                self.db.execute("create role moved")

            def test_c(self):
                self.db.execute(f"alter database {self.db.database} set work_mem = '3MB'")

            def test_d(self):
                """See `setUp`."""

        result = self.run_inner(Case, "test_a", "test_b", "test_c", "test_d")
        self.assertEqual(["test_b"], result.failed, result.text)
        self.assertIn("role moved was created; it was dropped", result.text)
        self.assertEqual(1, len({*numbers[:3]}), "replaced, though nothing was changed")
        self.assertEqual(1, len({*settings}), settings)

    def test_replication_slots_are_named_and_dropped(self):
        text = self.changed_by(
            "select pg_create_physical_replication_slot('physical_one', true)",
            "select pg_create_logical_replication_slot('logical_one', 'test_decoding')",
            "create table its (id integer)",  # so that the database is put away, slot and all
            then=lambda case: self.assertEqual(
                0, case.db.value("select count(*) from pg_replication_slots")
            ),
        )

        self.assertIn("replication slot physical_one was created; it was dropped", text)
        self.assertIn("left 1 replication slot(s): logical_one", text)

    def test_a_logical_slot_of_another_database_is_dropped_before_that(self):
        text = self.changed_by(
            "create database other_slot",
            lambda case: elsewhere(
                case,
                "select pg_create_logical_replication_slot('other_one', 'test_decoding')",
                database="other_slot",
            ),
        )

        self.assertIn("replication slot other_one was created; it was dropped", text)
        self.assertIn("database other_slot was created; it was dropped", text)

    def test_a_slot_of_a_session_goes_with_it(self):
        class Case(HarnessTestCase):
            db = SERVICE

            def test(self):
                self.db.execute("select pg_create_physical_replication_slot('mine', true, true)")

        self.assertEqual([], self.run_inner(Case).raised)

    def test_a_role_is_put_back_whatever_was_altered(self):
        look, found = self.assertEqual, []

        class Case(HarnessTestCase):
            db = dataclasses.replace(SERVICE, migrations=keeping)

            def look(self):
                found.append(self.db.value(ROLE))
                look(found[0], found[-1])

            def test_last(self):
                self.look()

        for number, (statements, _) in enumerate(ALTERED):
            setattr(Case, f"test_{number}", altering(statements))
        names = [f"test_{number}" for number in range(len(ALTERED))]

        result = self.run_inner(Case, *names, "test_last")

        self.assertEqual(names, result.failed, result.text)
        for (statements, said), error in zip(ALTERED, result.raised, strict=True):
            with self.subTest(statements):
                self.assertIn(said, str(error))
                self.assertNotIn("cannot", str(error))
        self.assertIsNotNone(found[0])

    def test_a_configuration_of_all_roles_is_put_back(self):
        text = self.changed_by(
            "alter role all set work_mem = '9MB'",
            then=lambda case: self.assertEqual(
                0, case.db.value("select count(*) from pg_db_role_setting where setrole = 0")
            ),
        )

        self.assertIn("configuration of all roles was created; it was dropped", text)

    def test_rights_to_a_setting_are_taken_away(self):
        text = self.changed_by(
            "create role granted",
            "grant set on parameter log_statement to public, granted",
            then=lambda case: self.assertEqual(
                0, case.db.value("select count(*) from pg_parameter_acl")
            ),
        )

        self.assertIn("rights to the setting log_statement was created; it was dropped", text)

    def test_what_migrations_make_meanwhile_is_no_tests(self):
        with_role = dataclasses.replace(SERVICE, migrations=making_a_role, name="with role")

        class Case(HarnessTestCase):
            db, other = SERVICE, with_role

            def test_a(self):
                self.db.count("items")

            def test_b(self):
                self.db.execute("create role of_the_test")
                self.assertEqual(1, self.other.value(ROLES, ["of_migrations"]))

            def test_c(self):
                self.db.execute("comment on role of_migrations is 'x'")
                self.assertEqual(0, self.db.value(ROLES, ["of_the_test"]))

            def test_d(self):
                self.assertEqual(1, self.db.value(ROLES, ["of_migrations"]))

        result = self.run_inner(Case, "test_a", "test_b", "test_c", "test_d")

        self.assertEqual(["test_b", "test_c"], result.failed, result.text)
        for error in result.raised:
            self.assertNotIn("\n    role of_migrations", str(error))

    def test_while_another_process_runs_tests_here_it_takes_a_proof(self):
        def others(case):
            endpoint = case.db.instance.endpoint
            url = str(endpoint.url("postgresql", endpoint.database))
            name = "harness holding, process 1 on elsewhere"
            neighbour = psycopg.connect(url, application_name=name, autocommit=True)
            neighbours.append(neighbour)
            neighbour.execute("create role of_others")

        neighbours = []

        text = self.changed_by(
            others,
            "create role of_the_test",
            then=lambda case: self.assertEqual(1, case.db.value(ROLES, ["of_others"])),
        )

        neighbours[0].close()
        self.assertIn("role of_the_test was created; it was dropped", text)
        self.assertNotIn("of_others", text)

    def test_what_cannot_be_put_back_is_named(self):
        text = self.changed_by("alter tablespace pg_default set (seq_page_cost = 2)")

        self.assertIn("tablespace pg_default was altered, and cannot be put back", text)


ROLES = "select count(*) from pg_roles where rolname = %s"


def making_a_role(db):
    shop(db)
    db.execute("create role of_migrations")


NUMBER = "select oid from pg_database where datname = current_database()"
COUNT = "select count(*) from pg_database where datname = %s"


def elsewhere(case, *statements, database=None):
    """Run statements in another database of the server."""
    endpoint = case.db.instance.endpoint
    url = str(case.db.dsn).replace(case.db.database, database or endpoint.database)
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


class OrdinaryRoleTest(HarnessTestCase):
    """A role that may create databases and serve replicas, and sees nothing of the rest."""

    environment = environment("embedded")

    def test_a_slot_in_its_own_database_is_named_and_dropped(self):
        databases = self.environment.instance(REPLICATING).databases
        databases.execute("create role replica login createdb replication password 'secret'")
        self.addCleanup(databases.execute, "drop role replica")
        endpoint = dataclasses.replace(databases.endpoint, user="replica", password="secret")
        url = str(endpoint.url("postgresql", "postgres"))
        settings = Settings.read(environ={**os.environ, "DATABASE_URL": url})
        service = Postgres(migrations=shop, isolation="commit")

        with Environment(settings, providers="external") as other:
            lease = other.lease(service)
            lease.execute("create table its (id integer)")
            lease.execute("alter table items add column more text")  # a clone takes its place
            lease.execute("select pg_create_logical_replication_slot('own', 'test_decoding')")
            with self.assertRaisesRegex(LeakError, r"left 1 replication slot\(s\): own"):
                lease.release()
            with other.lease(service) as db:
                self.assertEqual(0, db.value("select count(*) from pg_replication_slots"))


REPLICATING = Postgres(settings=(("wal_level", "logical"),))


@on_one_python
class RollbackChanges:
    """Under `rollback`, by a connection that a test makes from the dsn."""

    def check(self, *statements, service=None):
        class Case(HarnessTestCase):
            db = service or Postgres(migrations=shop, exclusive=True)

            def test(self):
                with psycopg.connect(self.db.dsn, autocommit=True) as connection:
                    for statement in statements:
                        connection.execute(statement)

        return "".join(map(str, self.run_inner(Case).raised))

    def test_what_it_leaves_is_named_and_removed(self):
        text = self.check(
            "create role left_over",
            "create table its (id integer)",
            "alter table its owner to left_over",
            "create database left_over owner left_over",
            "select pg_create_physical_replication_slot('left_over')",
        )

        for thing in ("role", "database", "replication slot"):
            self.assertIn(f"{thing} left_over was created; it was dropped", text)

    def test_what_it_drops_itself_is_nobodys_business(self):
        self.assertEqual("", self.check("create role passing", "drop role passing"))

    def test_beside_others_it_is_proven(self):
        name = f"mine_{uuid.uuid4().hex}"

        with mock.patch.object(cluster, "NEIGHBOURS", "select 1"):
            text = self.check(f"create role {name}", service=Postgres(migrations=shop))

        self.assertIn(f"role {name} was created; it was dropped", text)


@on_one_python
class HeldChanges:
    """Of a class that holds its database: what it makes is no test's, and goes with the class."""

    def failures(self, make, drop):
        """Run a class that makes something, with a test that leaves a role of its own."""
        text = []

        class Case(HarnessTestCase):
            db = SERVICE

            @classmethod
            def setUpClass(cls):
                held = cls.hold(cls.db)
                for statement in make:
                    held.execute(statement)
                for statement in drop:
                    cls.addClassCleanup(held.execute, statement)

            def test_a(self):
                self.db.execute("create role of_the_test")

            def test_b(self):
                text.append(self.db.value("select string_agg(rolname, ',') from pg_roles"))

        result = self.run_inner(Case, "test_a", "test_b")
        self.assertIn("of_the_class", text[0])
        self.assertNotIn("of_the_test", text[0])
        return [str(error) for error in result.raised]

    def test_what_the_class_drops_itself_is_nobodys_business(self):
        [failure] = self.failures(["create role of_the_class"], ["drop role of_the_class"])

        self.assertIn("role of_the_test was created; it was dropped", failure)
        self.assertNotIn("of_the_class", failure)

    def test_what_the_class_leaves_is_named_and_dropped(self):
        failures = self.failures(["create role of_the_class"], [])

        self.assertEqual(2, len(failures), failures)
        self.assertNotIn("of_the_class", failures[0])
        self.assertIn("role of_the_class was created; it was dropped", failures[1])


@on_one_python
class ChangesBesideOthers(Changes):
    """On a server that others use: what a session of the test's database did is the test's."""

    def declared(self):
        return Postgres(migrations=shop, isolation="commit")

    def setUp(self):
        instance = self.environment.instance(self.declared())
        if instance.wal is None:
            raise unittest.SkipTest("only the server's log knows who it was")
        patch = mock.patch.object(cluster, "NEIGHBOURS", "select 1")
        patch.start()
        self.addCleanup(patch.stop)
        self.name = f"mine_{uuid.uuid4().hex}"

    def test_a_role_and_a_database_are_named_and_dropped(self):
        text = self.changed_by(
            f"create role {self.name}",
            f"create database {self.name}",
            then=lambda case: self.assertFalse(self.is_there(case)),
        )

        self.assertIn(f"role {self.name} was created; it was dropped", text)
        self.assertIn(f"database {self.name} was created; it was dropped", text)

    def test_it_is_known_though_others_have_written_a_lot_while_the_database_was_not_used(self):
        with self.environment.lease(self.declared()) as db:
            db.count("items")
        with self.environment.lease(Postgres(isolation="commit", name="another")) as other:
            other.execute(
                "create table wide as select repeat('x', 30) from generate_series(1, 300000)"
            )

        text = self.changed_by(f"create role {self.name}")

        self.assertIn(f"role {self.name} was created; it was dropped", text)

    def test_in_a_savepoint_after_a_lot_else(self):
        text = self.changed_by(
            "insert into items (name) select n::text from generate_series(1, 900) n",
            f"begin; savepoint a; create role {self.name}; release a; savepoint b; "
            "create role undone; rollback to b; commit",
        )

        self.assertIn(f"role {self.name} was created; it was dropped", text)

    def test_what_others_do_meanwhile_is_neither_named_nor_undone(self):
        seen = []

        class Case(HarnessTestCase):
            db = self.declared()

            def test_a(case):  # noqa: N805
                case.db.execute("create table its (id integer)")
                elsewhere(case, f"create role {self.name}", f"create database {self.name}")
                case.db.execute(f"create role {self.name}_too")

            def test_b(case):  # noqa: N805
                seen.append(self.is_there(case))
                elsewhere(case, f"drop role {self.name}", f"drop database {self.name}")

        result = self.run_inner(Case, "test_a", "test_b")

        text = str(self.raised_by(result))
        self.assertIn(f"role {self.name}_too was created; it was dropped", text)
        self.assertNotIn(f"{self.name} ", text)
        self.assertEqual([True], seen)

    def test_a_role_of_others_that_the_test_alters_is_put_back(self):
        seen = []
        limit = "select rolconnlimit from pg_roles where rolname = %s"

        class Case(HarnessTestCase):
            db = self.declared()

            def test_a(case):  # noqa: N805
                elsewhere(case, f"create role {self.name} connection limit 5")

            def test_b(case):  # noqa: N805
                case.db.execute(f"alter role {self.name} connection limit 6")

            def test_c(case):  # noqa: N805
                seen.append(case.db.value(limit, [self.name]))
                elsewhere(case, f"drop role {self.name}")

        result = self.run_inner(Case, "test_a", "test_b", "test_c")

        text = str(self.raised_by(result))
        self.assertIn(f"role {self.name} was altered; it was put back", text)
        self.assertEqual([5], seen)

    def test_a_role_that_others_alter_meanwhile_stays_as_it_is(self):
        seen = []
        limit = "select rolconnlimit from pg_roles where rolname = %s"

        class Case(HarnessTestCase):
            db = self.declared()

            def test_a(case):  # noqa: N805
                elsewhere(case, f"create role {self.name} connection limit 5")
                case.db.execute(f"alter role {self.name} connection limit 6")

            def test_b(case):  # noqa: N805
                elsewhere(case, f"alter role {self.name} connection limit 7")
                case.db.execute(f"alter role {self.name} connection limit 8")

            def test_c(case):  # noqa: N805
                seen.append(case.db.value(limit, [self.name]))
                elsewhere(case, f"drop role {self.name}")

        result = self.run_inner(Case, "test_a", "test_b", "test_c")

        self.assertEqual(([], [8]), (result.raised, seen))

    def test_a_role_of_others_that_the_test_drops_is_made_again(self):
        seen = []

        class Case(HarnessTestCase):
            db = self.declared()

            def test_a(case):  # noqa: N805
                elsewhere(case, f"create role {self.name} login")

            def test_b(case):  # noqa: N805
                case.db.execute(f"alter role {self.name} connection limit 6")
                case.db.execute(f"drop role {self.name}")

            def test_c(case):  # noqa: N805
                seen.append(self.is_there(case))
                elsewhere(case, f"drop role {self.name}")

        result = self.run_inner(Case, "test_a", "test_b", "test_c")

        text = str(self.raised_by(result))
        self.assertIn(f"role {self.name} was dropped; it was made again", text)
        self.assertEqual([True], seen)

    def test_several_changes_of_its_own_are_one(self):
        text = self.changed_by(
            f"create role {self.name}",
            f"alter role {self.name} login",
            f"alter role {self.name} connection limit 3",
            f"create database {self.name}",
            f"alter database {self.name} connection limit 3",
            f"alter role {self.name} set work_mem = '3MB'",
            f"grant {self.name} to current_user",
        )

        self.assertIn(f"\n    database {self.name} was created; it was dropped", text)
        self.assertIn(f"\n    role {self.name} was created; it was dropped", text)
        self.assertEqual(2, text.count("it was dropped"), text)

    def is_there(self, case):
        return bool(case.db.value(COUNT, [self.name]) + case.db.value(ROLES, [self.name]))


on(ServerChanges, "embedded")
on(RollbackChanges, "embedded")
on(HeldChanges, "embedded")
on(ChangesBesideOthers, "docker", "embedded")  # where no other suite's checkpoint removes the log
