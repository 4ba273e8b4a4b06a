"""A lease on SQLite, as far as making rows needs one."""

import sqlite3

from harness.services.rows import rows_of


class Lite:
    """A database in memory, which enforces foreign keys."""

    def __init__(self, statements=()):
        self.statements = []  # what was run through it
        self.connection = sqlite3.connect(":memory:", isolation_level=None)
        self.connection.execute("pragma foreign_keys = on")
        for statement in statements:
            self.connection.execute(statement)

    def execute(self, sql, parameters=()):
        return self._run(sql, parameters).rowcount

    def rows(self, sql, parameters=()):
        return rows_of(self._run(sql, parameters))

    def value(self, sql, parameters=()):
        ((value,),) = self.rows(sql, parameters)
        return value

    def close(self):
        self.connection.close()

    def _run(self, sql, parameters):
        self.statements.append(sql)
        return self.connection.execute(sql.replace("%s", "?"), parameters)
