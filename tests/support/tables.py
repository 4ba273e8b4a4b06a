"""A database of one table for tests of the matchers: SQLite in memory, with a lease's surface."""

import contextlib
import sqlite3

from harness.core.names import table_name
from harness.services.rows import rows_of


class Database:
    """What the matchers need of a lease, over sqlite3; `sent` is what they asked."""

    def __init__(self, *statements):
        self._connection = sqlite3.connect(":memory:")
        self.sent = []
        for sql in statements:
            self._connection.execute(sql)

    def rows(self, sql, parameters=()):
        self.sent.append(sql)
        with contextlib.closing(self._connection.cursor()) as cursor:
            cursor.execute(sql.replace("%s", "?"), list(parameters))
            return rows_of(cursor)

    def count(self, table):
        return self.rows(f"select count(*) from {table_name(table)}")[0][0]

    def exists(self, table):
        return table_name(table).strip('"') in self.table_names()

    def table_names(self):
        return [row.name for row in self.rows("select name from sqlite_master")]

    def close(self):
        self._connection.close()
