"""`isolation="readonly"`: shared data that nobody can change."""

import psycopg

from harness import HarnessTestCase, Postgres
from tests.integration.providers import also_with_psycopg, on_every_provider_and_role
from tests.integration.shop import shop

ADD = "insert into items (name) values ('a')"


@on_every_provider_and_role
@also_with_psycopg
class PostgresConformanceReadonly:
    db = Postgres(migrations=shop, isolation="readonly", name="shared")

    def test_writes_are_refused_by_the_server(self):
        cursor = self.db.connection.cursor()
        for sql in (
            ADD,
            "update items set price = 1",
            "delete from items",
            "truncate items",
            "create table left_over (id integer)",
            "drop table items cascade",
            "select nextval('items_id_seq')",
        ):
            with self.subTest(sql):
                with self.assertRaises(Exception) as raised:
                    cursor.execute(sql)
                self.assertEqual("25006", self.sqlstate(raised))
                self.db.connection.rollback()
                with self.assertRaises(Exception) as raised:
                    self.db.execute(sql)
                self.assertEqual("25006", self.sqlstate(raised))

    def test_writes_of_another_driver_are_refused_too(self):
        with psycopg.connect(self.db.dsn) as connection:
            with self.assertRaises(psycopg.errors.ReadOnlySqlTransaction):
                connection.execute(ADD)
            connection.rollback()

    def test_the_shared_data_is_visible_and_the_same_database_for_every_test(self):
        names, driver = [], self.driver

        class Case(HarnessTestCase):
            db = Postgres(migrations=stocked, isolation="readonly", driver=driver)

            def look(self):
                names.append((self.db.database, self.db.value("select name from items")))

            test_a = test_b = look

        self.assertEqual([], self.run_inner(Case).raised)
        self.assertEqual(1, len(set(names)))
        self.assertEqual("in stock", names[0][1])

    def test_a_test_that_writes_all_the_same_is_named_and_undone(self):
        class Case(HarnessTestCase):
            db = Postgres(migrations=stocked, isolation="readonly")

            def test_a(self):
                with psycopg.connect(self.db.dsn, autocommit=True) as connection:
                    connection.execute("set default_transaction_read_only = off")
                    connection.execute("update items set name = 'sold'")

            def test_b(self):
                self.assertEqual("in stock", self.db.value("select name from items"))

        result = self.run_inner(Case, "test_a", "test_b")

        self.assertEqual(["test_a"], result.failed, result.text)
        self.assertIn("the test wrote to reference data: items", result.text)
        self.assertIn("declare Postgres(isolation='commit')", result.text)


def stocked(db):
    shop(db)
    db.execute("insert into items (name) values ('in stock')")
