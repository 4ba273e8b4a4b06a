"""SQLAlchemy engines over a `Store`, on PostgreSQL and on SQLite."""

import asyncio
import importlib.util
import unittest

from sqlalchemy import Column, Integer, MetaData, String, Table, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from harness import Store
from harness.adapters.sqlalchemy import async_engine, engine
from harness.errors import ConfigurationError
from tests.integration.market import market
from tests.integration.providers import on_every_store

ITEMS = Table(
    "items",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("name", String),
    Column("price", Integer),
)
ADD = ITEMS.insert().values(name="a", price=1)


class Engines:
    def engine(self, lease, **options):
        made = engine(lease, **options)
        self.addCleanup(made.dispose)
        return made


@on_every_store
class StoreConformanceEngineUnderRollback(Engines):
    db = Store(migrations=market)

    def test_what_a_session_commits_stays_and_the_lease_sees_it(self):
        with Session(self.engine(self.db)) as session:
            session.execute(ADD)
            session.commit()
            session.execute(ADD.values(name="b"))
            session.rollback()

        self.assertEqual(1, self.db.count("items"))

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

    def test_autocommit(self):
        with self.engine(self.db, isolation_level="AUTOCOMMIT").connect() as connection:
            connection.execute(ADD)

        self.assertEqual(1, self.db.count("items"))

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

    @unittest.skipUnless(importlib.util.find_spec("aiosqlite"), "aiosqlite is not installed")
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
            self.assertEqual([], connection.execute(select(ITEMS.c.name)).all())
            with self.assertRaises(DBAPIError):
                connection.execute(ADD)
