"""Schemas of the size of real ones, for tests that fill them."""

from pathlib import Path

from harness.data.statements import split

DIRECTORY = Path(__file__).parent
PORTABLE = ("chinook", "northwind")  # in SQL that SQLite takes, too
ALL = ("pagila", *PORTABLE)


def statements(name):
    """Return the statements of a schema."""
    return [statement.text for statement in split((DIRECTORY / f"{name}.sql").read_text())]


def pagila(db):
    for statement in statements("pagila"):
        db.execute(statement)


def chinook(db):
    for statement in statements("chinook"):
        db.execute(statement)


def northwind(db):
    for statement in statements("northwind"):
        db.execute(statement)
