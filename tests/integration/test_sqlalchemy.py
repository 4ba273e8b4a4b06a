"""SQLAlchemy engines over a lease of Postgres: what `test_store_sqlalchemy` has not."""

from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Column, Date, MetaData, Numeric, Table, Uuid, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from harness import HarnessTestCase, Postgres
from harness.adapters.sqlalchemy import engine
from harness.errors import ConfigurationError
from tests.integration.engines import ADD, Engines
from tests.integration.providers import also_with_psycopg, on_every_provider
from tests.integration.shop import shop

TYPES = Table(
    "types",
    MetaData(),
    Column("j", JSONB),
    Column("d", Date),
    Column("n", Numeric),
    Column("u", Uuid),
)


@on_every_provider
@also_with_psycopg
class PostgresConformanceEngineUnderRollback(Engines):
    db = Postgres(migrations=shop)

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

    def test_another_driver_is_refused(self):
        with self.assertRaisesRegex(ConfigurationError, f"one of {self.driver}(?s:.*)'commit'"):
            engine(self.db, "psycopg2")


@on_every_provider
class PostgresConformanceEngineUnderCommit(Engines):
    db = Postgres(migrations=shop, isolation="commit")

    def test_each_driver_commits_for_everybody(self):
        for number, driver in enumerate((None, "pg8000", "psycopg")):
            with self.subTest(driver), Session(self.engine(self.db, driver=driver)) as session:
                session.execute(ADD.values(name=f"item {number}"))
                session.commit()
                self.assertEqual(number + 1, self.db.count("items"))

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
