"""SQLAlchemy engines over a `Store`, on PostgreSQL and on SQLite."""

import asyncio
import importlib.util

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from harness import HarnessTestCase, Store
from harness.adapters.sqlalchemy import async_engine, engine
from harness.errors import ConfigurationError
from tests.integration.engines import ADD, ITEMS, Engines
from tests.integration.market import market
from tests.integration.providers import also_with_psycopg, on_every_store


@on_every_store
@also_with_psycopg
class StoreConformanceEngineUnderRollback(Engines):
    db = Store(migrations=market)

    def test_what_a_session_commits_stays_and_the_lease_sees_it(self):
        with Session(self.engine(self.db)) as session:
            session.execute(ADD)
            session.commit()
            session.execute(ADD.values(name="b"))
            session.rollback()

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

    def test_tables_made_by_the_metadata_are_gone_in_the_next_test(self):
        test = self

        class Case(HarnessTestCase):
            db = self.store()

            def make(case):  # noqa: N805
                case.assertFalse(case.db.exists("items"))
                ITEMS.metadata.create_all(test.engine(case.db))
                case.assertTrue(case.db.exists("items"))

            test_a = test_b = make

        self.assertEqual([], self.run_inner(Case).raised)

    def test_another_driver_and_an_asynchronous_engine_are_refused(self):
        with self.assertRaisesRegex(ConfigurationError, "isolation='commit'"):
            engine(self.db, "another")
        with self.assertRaisesRegex(ConfigurationError, "isolation='commit'"):
            async_engine(self.db)


@on_every_store
class StoreConformanceEngineUnderCommit(Engines):
    db = Store(migrations=market, isolation="commit")
    shared = Store(migrations=market, isolation="readonly", name="shared")

    def test_a_session_commits_for_everybody(self):
        with Session(self.engine(self.db)) as session:
            session.execute(ADD)
            session.commit()

        self.assertEqual(1, self.db.count("items"))

    def test_an_asynchronous_engine(self):
        if self.db.dialect == "sqlite" and not importlib.util.find_spec("aiosqlite"):
            self.skipTest("aiosqlite is not installed")

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
            self.assertEqual([], connection.execute(select(ITEMS.c.name)).all())
            with self.assertRaises(DBAPIError):
                connection.execute(ADD)
