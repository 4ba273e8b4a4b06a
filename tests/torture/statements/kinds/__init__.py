"""Statements of every kind, by what they do.

`{n}` is a small number, `{db}` the database and `{user}` the role.
What follows the first line of `copy ... from stdin` are its rows. Those that begin with
`elsewhere:` run on a connection to another database of the server.
"""

from __future__ import annotations

from tests.torture.statements.kinds.objects import OBJECTS
from tests.torture.statements.kinds.rows import LARGE_OBJECTS, ROWS, SEQUENCES
from tests.torture.statements.kinds.servers import ENDINGS, LEAKS, WIDE
from tests.torture.statements.kinds.sessions import ALONE, FLEETING, SESSION
from tests.torture.statements.kinds.tables import TABLES

STRUCTURE = {**TABLES, **OBJECTS}
INSIDE = {**ROWS, **SEQUENCES, **STRUCTURE, **LARGE_OBJECTS, **SESSION}
WHOLE_SERVER = {**WIDE, **LEAKS}
KINDS = {**INSIDE, **ALONE, **ENDINGS, **WHOLE_SERVER}

__all__ = ["ENDINGS", "FLEETING"]  # for others
