"""SQLAlchemy engines over a lease, whatever the provider."""

import asyncio
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import (
    Column,
    Date,
    Integer,
    MetaData,
    Numeric,
    String,
    Table,
    Uuid,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from harness import HarnessTestCase, Postgres
from harness.adapters.sqlalchemy import async_engine, engine
from harness.errors import ConfigurationError
from tests.integration.providers import also_with_psycopg, on_every_provider
from tests.integration.shop import shop

ITEMS = Table(
    "items",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("name", String),
    Column("price", Integer),
)
TYPES = Table(
    "types",
    MetaData(),
    Column("j", JSONB),
    Column("d", Date),
    Column("n", Numeric),
    Column("u", Uuid),
)
ADD = ITEMS.insert().values(name="a", price=1)


class Engines:
    def engine(self, lease, **options):
        made = engine(lease, **options)
        self.addCleanup(made.dispose)
        return made


@on_every_provider
@also_with_psycopg
class PostgresConformanceEngineUnderRollback(Engines):
    db = Postgres(migrations=shop)

    def test_what_a_session_commits_stays_and_the_lease_sees_it(self):
        with Session(self.engine(self.db)) as session:
            session.execute(ADD)
            session.commit()

        self.assertEqual(1, self.db.count("items"))

    def test_what_a_session_does_not_commit_is_undone(self):
        with Session(self.engine(self.db)) as session:
            session.execute(ADD)

        self.assertEqual(0, self.db.count("items"))

    def test_an_error_a_rollback_and_on(self):
        with Session(self.engine(self.db)) as session:
            session.execute(ADD)
            session.commit()
            with self.assertRaises(DBAPIError):
                session.execute(ADD)
            session.rollback()
            session.execute(ADD.values(name="b"))
            session.commit()

        self.assertEqual(2, self.db.count("items"))

    def test_nested_transactions(self):
        with Session(self.engine(self.db)) as session:
            session.execute(ADD)
            with self.assertRaises(DBAPIError), session.begin_nested():
                session.execute(ADD)
            session.commit()

        self.assertEqual(1, self.db.count("items"))

    def test_autocommit(self):
        with self.engine(self.db, isolation_level="AUTOCOMMIT").connect() as connection:
            connection.execute(ADD)

        self.assertEqual(1, self.db.count("items"))

    def test_values_of_many_types_come_back(self):
        values = {"j": {"a": [1]}, "d": date(2024, 2, 29), "n": Decimal("1.50"), "u": UUID(int=7)}
        with self.engine(self.db).begin() as connection:
            TYPES.create(connection)
            connection.execute(TYPES.insert(), [values, values])
            rows = connection.execute(select(TYPES)).mappings().all()

        self.assertEqual([values, values], [dict(row) for row in rows])

    def test_rows_are_streamed(self):
        with self.engine(self.db).connect() as connection:
            result = connection.execution_options(stream_results=True).execute(
                text("select * from generate_series(1, 5)")
            )
            self.assertEqual([1, 2, 3, 4, 5], result.scalars().all())

    def test_tables_made_by_the_metadata_are_gone_in_the_next_test(self):
        test, driver = self, self.driver

        class Case(HarnessTestCase):
            db = Postgres(driver=driver)

            def make(case):  # noqa: N805
                case.assertFalse(case.db.exists("items"))
                ITEMS.metadata.create_all(test.engine(case.db))
                case.assertTrue(case.db.exists("items"))

            test_a = test_b = make

        self.assertEqual([], self.run_inner(Case).raised)

    def test_another_driver_and_an_asynchronous_engine_are_refused(self):
        with self.assertRaisesRegex(ConfigurationError, f"one of {self.driver}(?s:.*)'commit'"):
            engine(self.db, "psycopg2")
        with self.assertRaisesRegex(ConfigurationError, "isolation='commit'"):
            async_engine(self.db)


@on_every_provider
class PostgresConformanceEngineUnderCommit(Engines):
    db = Postgres(migrations=shop, isolation="commit")
    shared = Postgres(migrations=shop, isolation="readonly", name="shared")

    def test_each_driver_commits_for_everybody(self):
        for number, driver in enumerate((None, "pg8000", "psycopg")):
            with self.subTest(driver), Session(self.engine(self.db, driver=driver)) as session:
                session.execute(ADD.values(name=f"item {number}"))
                session.commit()
                self.assertEqual(number + 1, self.db.count("items"))

    def test_an_asynchronous_engine(self):
        async def add():
            made = async_engine(self.db)
            async with made.begin() as connection:
                await connection.execute(ADD)
            async with made.connect() as connection:
                names = (await connection.execute(select(ITEMS.c.name))).scalars().all()
            await made.dispose()
            return names

        self.assertEqual(["a"], asyncio.run(add()))
        self.assertEqual(1, self.db.count("items"))

    def test_an_engine_on_shared_data_reads_and_cannot_write(self):
        with self.engine(self.shared).connect() as connection:
            self.assertEqual(0, connection.execute(text("select count(*) from items")).scalar())
            with self.assertRaises(DBAPIError):
                connection.execute(ADD)

    def test_an_engine_that_is_not_disposed_of_is_a_leak(self):
        made = []

        class Case(HarnessTestCase):
            db = Postgres(migrations=shop, isolation="commit")

            def test(case):  # noqa: N805
                made.append(engine(case.db))
                with made[0].connect() as connection:
                    connection.execute(text("select 1"))

        error = self.raised_by(self.run_inner(Case))
        made[0].dispose()

        self.assertIn("a pool or a connection made from the lease's dsn", str(error))
