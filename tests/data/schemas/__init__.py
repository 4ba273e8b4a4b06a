"""Schemas of the size of real ones, for tests that fill them."""

import re
from pathlib import Path

from harness.data.statements import split

DIRECTORY = Path(__file__).parent


def statements(name):
    """Return the statements of a schema."""
    return [statement.text for statement in split((DIRECTORY / f"{name}.sql").read_text())]


# What SQLite writes otherwise, or leaves out.
IN_SQLITE = (
    (r"serial primary key", "integer primary key"),
    (r"\bserial\b", "integer not null"),
    (r"timestamptz", "timestamp"),
    (r"\bnow\(\)", "current_timestamp"),
    (r"year,", "integer check (release_year between 1901 and 2155),"),
    (r"mpaa_rating", "text check (rating in ('G', 'PG', 'PG-13', 'R', 'NC-17'))"),
    (r"text\[\]|tsvector", "text"),
    (r"\) partition by .*", ")"),
)


def in_sqlite(name):
    """Return the tables and indexes of a schema as SQLite takes them."""
    found = []
    for text in statements(name):
        if re.match(r"create (table|unique)", text) and " partition of " not in text:
            for pattern, other in IN_SQLITE if name == "pagila" else ():
                text = re.sub(pattern, other, text)
            found.append(text)
    return found


def pagila(db):
    for statement in statements("pagila"):
        db.execute(statement)


def chinook(db):
    for statement in statements("chinook"):
        db.execute(statement)


def northwind(db):
    for statement in statements("northwind"):
        db.execute(statement)
