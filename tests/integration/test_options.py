"""The options of `Postgres`, whatever the provider."""

import psycopg

from harness import HarnessTestCase, Postgres
from harness.errors import ConfigurationError, StartError
from tests.integration.providers import on_every_provider, on_every_provider_and_role
from tests.integration.shop import shop

SETTINGS = (("work_mem", "1234kB"), ("search_path", "audit, public"), ("DateStyle", "ISO, DMY"))


@on_every_provider_and_role
class PostgresConformanceSettings:
    db = Postgres(migrations=shop, settings=SETTINGS)

    def check(self, ask):
        self.assertEqual("1234kB", ask("show work_mem"))
        self.assertEqual("{audit,public}", ask("select current_schemas(false)::text"))
        self.assertEqual("ISO, DMY", ask("show datestyle"))

    def test_settings_hold_for_connection_and_helpers(self):
        def ask(sql):
            cursor = self.db.connection.cursor()
            cursor.execute(sql)
            return cursor.fetchone()[0]

        self.check(self.db.value)
        self.check(ask)

    def test_settings_hold_for_every_driver_under_commit(self):
        options = {"migrations": shop, "settings": SETTINGS, "isolation": "commit"}
        with (
            type(self).environment.lease(Postgres(**options)) as db,
            psycopg.connect(db.dsn) as connection,
        ):
            self.check(lambda sql: connection.execute(sql).fetchone()[0])

    def test_settings_hold_while_the_migrations_run(self):
        seen = []

        def migrate(db):
            seen.append(db.value("show work_mem"))

        with type(self).environment.lease(Postgres(migrations=migrate, settings=SETTINGS)) as db:
            db.value("select 1")

        self.assertEqual(["1234kB"], seen)


@on_every_provider
class PostgresConformanceBadSettings:
    def test_a_setting_that_the_server_has_not_is_an_error_that_names_it(self):
        with self.assertRaises(StartError) as raised:
            type(self).environment.lease(Postgres(settings=(("wrok_mem", "64MB"),)))

        self.assertIn("wrok_mem", str(raised.exception))
        self.assertRegex(
            str(raised.exception), "likely cause: (`settings=` names|it cannot be set)"
        )


@on_every_provider
class PostgresConformanceVersion:
    db = Postgres()

    def test_the_version_that_is_there_may_be_asked_for(self):
        version = self.db.value("select split_part(current_setting('server_version'), ' ', 1)")
        with type(self).environment.lease(Postgres(version=version.partition(".")[0])) as db:
            self.assertEqual(1, db.value("select 1"))

    def test_another_version_is_refused_with_what_is_there(self):
        version = self.db.value("select split_part(current_setting('server_version'), ' ', 1)")

        class Case(HarnessTestCase):
            db = Postgres(version="9.3")

            def test(self):
                self.db.value("select 1")

        result = self.run_inner(Case)

        self.assertEqual(1, len(result.skipped) + len(result.errors))
        self.assertIn("9.3", result.text)
        self.assertIn(version, result.text)


@on_every_provider
class PostgresConformanceTwoServices:
    orders = Postgres(migrations=shop, name="orders")
    billing = Postgres(migrations=shop, name="billing")
    again = Postgres(migrations=shop, name="billing")

    def test_two_names_are_two_databases(self):
        self.orders.execute("insert into items (name) values ('a')")

        self.assertEqual((1, 0), (self.orders.count("items"), self.billing.count("items")))
        self.assertNotEqual(self.orders.database, self.billing.database)

    def test_equal_services_are_one_lease(self):
        self.assertIs(self.billing, self.again)

    def test_both_are_rolled_back(self):
        class Case(HarnessTestCase):
            orders = Postgres(migrations=shop, name="orders")
            billing = Postgres(migrations=shop, name="billing", isolation="commit")

            def write(self):
                for db in (self.orders, self.billing):
                    self.assertEqual(0, db.count("items"))
                    db.execute("insert into items (name) values ('a')")

            test_a = test_b = write

        self.assertEqual([], self.run_inner(Case).raised)

    def test_an_image_is_for_docker_alone(self):
        class Case(HarnessTestCase):
            db = Postgres(image="nobodys-image")

            def test(self):
                self.db.value("select 1")

        result = self.run_inner(Case)

        if "docker" in type(self).environment.settings.providers.default:
            self.assertIsInstance(self.raised_by(result), ConfigurationError)
            self.assertIn("no image is named 'nobodys-image'", result.text)
        else:
            self.assertIn("image='nobodys-image' was asked for", result.text)


@on_every_provider
class PostgresConformanceManyServices:
    db = Postgres()

    def test_services_that_rest_hold_no_connections(self):
        """Else the classes of a large project would use up the server's connections."""
        count = "select count(*) from pg_stat_activity where application_name = 'harness'"
        mine = f"{count} and datname like %s"
        process = f"%_{self.db.database.rpartition('_')[2][:6]}%"
        names = [f"service {number}" for number in range(12)]

        for name in names * 2:
            with type(self).environment.lease(Postgres(name=name)) as db:
                self.assertFalse(db.exists("t"))
                db.execute("create table t (id integer)")

        self.assertLess(self.db.value(mine, [process]), 8)
