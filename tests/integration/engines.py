"""A table and engines for the tests of SQLAlchemy."""

from sqlalchemy import Column, Integer, MetaData, String, Table

from harness.adapters.sqlalchemy import engine

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
