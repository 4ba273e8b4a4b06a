"""Under `rollback` a psycopg connection behaves as a real one: COPY, cursors, what is prepared."""

import unittest

import psycopg
from psycopg.rows import dict_row, namedtuple_row

from tests.integration.providers import on_embedded
from tests.integration.psycopg_twins import ADD, PsycopgTwins, state


@on_embedded
class PostgresConformancePsycopgCopy(PsycopgTwins):
    def copy(self, s, *names, fail=False):
        def block():
            with s.connection.cursor().copy("copy items (name) from stdin") as copy:
                for name in names:
                    copy.write_row([name])
                if fail:
                    raise LookupError("of the test's own")

        s.note(block)

    def test_rows_are_copied_in(self):
        def scenario(s):
            self.copy(s, "a", "b")
            s.journal.append(state(s))
            s.commit()
            self.copy(s, "c")
            s.rollback()

        self.check(scenario, "a", "b")

    def test_a_copy_that_fails(self):
        for autocommit in (False, True):

            def scenario(s, autocommit=autocommit):
                s.connection.autocommit = autocommit
                self.copy(s, "a", "a")
                s.journal.append(state(s))
                self.copy(s, "b", fail=True)
                s.rollback()
                self.copy(s, "c", "d")
                s.commit()

            with self.subTest(autocommit=autocommit):
                self.check(scenario, "c", "d")
                for lease in (self.virtual, self.real):
                    lease.truncate("items")

    def test_rows_are_copied_out(self):
        def scenario(s):
            s.add("a", "b")
            with s.connection.cursor().copy("copy (select name from items) to stdout") as copy:
                s.journal.append(list(copy.rows()))
            s.journal.append(state(s))
            with s.connection.cursor().copy("copy (select name from items) to stdout") as copy:
                s.journal.append([copy.read_row(), state(s)])
                for _ in copy:
                    pass
            s.commit()

        self.check(scenario, "a", "b")


@on_embedded
class PostgresConformancePsycopgCursors(PsycopgTwins):
    def test_a_cursor_on_the_server(self):
        def scenario(s):
            s.add("a", "b", "c")
            with s.connection.cursor("named") as cursor:
                cursor.execute("select name from items order by id")
                s.journal.append([cursor.fetchone(), cursor.fetchmany(1), state(s)])
                s.journal.append(list(cursor))
            with s.connection.cursor("named") as cursor:
                cursor.execute("select %s::int", [7])
                s.journal.append(cursor.fetchall())
            s.commit()

        self.check(scenario, "a", "b", "c")

    def test_a_cursor_on_the_server_outlived_by_its_transaction(self):
        def scenario(s):
            for end in (s.connection.rollback, s.connection.commit):
                cursor = s.connection.cursor("named")
                cursor.execute("select 1")
                end()
                s.note(cursor.close)
                s.journal.append(state(s))
                s.add("after")
                s.rollback()

        self.check(scenario)

    def test_a_cursor_with_hold(self):
        def scenario(s):
            s.add("a", "b")
            cursor = s.connection.cursor("held", withhold=True)
            cursor.execute("select name from items order by id")
            s.commit()
            s.journal.append([cursor.fetchone(), state(s)])
            s.journal.append(cursor.fetchall())
            cursor.close()

        self.check(scenario, "a", "b")

    @unittest.expectedFailure  # known, as for SAVEPOINT: it is accepted without a transaction
    def test_a_cursor_on_the_server_in_autocommit(self):
        def scenario(s):
            s.connection.autocommit = True
            cursor = s.connection.cursor("named")
            s.note(lambda: cursor.execute("select 1"))
            s.note(cursor.close)
            s.add("a")

        self.check(scenario, "a")

    def test_a_stream(self):
        for autocommit in (False, True):

            def scenario(s, autocommit=autocommit):
                s.connection.autocommit = autocommit
                s.add("a", "b")
                s.journal.append(list(s.cursor.stream("select name from items order by id")))
                # More than fits on the way: it is cancelled before the server is done with it.
                stream = s.cursor.stream("select * from generate_series(1, 1000000)")
                s.journal.append([next(stream), next(stream)])
                stream.close()
                s.journal.append(state(s))
                s.rollback()
                s.add("c")
                s.commit()

            with self.subTest(autocommit=autocommit):
                self.check(scenario, *(["a", "b", "c"] if autocommit else ["c"]))
                for lease in (self.virtual, self.real):
                    lease.truncate("items")

    def test_cursors_of_other_classes_and_row_factories(self):
        def scenario(s):
            s.add("a")
            with s.connection.cursor(row_factory=dict_row) as cursor:
                s.journal.append(cursor.execute("select name from items").fetchone())
            s.connection.row_factory = namedtuple_row
            s.journal.append(s.connection.execute("select name from items").fetchone().name)
            for factory in (psycopg.ClientCursor, psycopg.RawCursor):
                s.connection.cursor_factory = factory
                s.journal.append(isinstance(s.connection.cursor(), factory))
                s.connection.execute("commit")
                s.journal.append(state(s))
                direct = factory(s.connection)
                s.journal.append(direct.execute("select count(*) from items").fetchone()[0])
            s.rollback()

        self.check(scenario, "a")

    def test_several_statements_at_once(self):
        def scenario(s):
            s.run("insert into items (name) values ('a'); select 7")
            s.journal.append([s.cursor.nextset(), s.cursor.fetchone()])
            s.rollback()
            s.connection.autocommit = True
            s.run("insert into items (name) values ('b'); insert into items (name) values ('b')")
            s.run("insert into items (name) values ('c'); select 1")

        self.check(scenario, "c")

    def test_executemany_with_results(self):
        def scenario(s):
            s.cursor.executemany(f"{ADD} returning name", [["a"], ["b"]], returning=True)
            s.journal.append([cursor.fetchall() for cursor in s.cursor.results()])
            s.commit()
            s.connection.autocommit = True
            s.note(lambda: s.cursor.executemany(ADD, [["c"], ["a"]]))
            s.journal.append(state(s))
            s.cursor.executemany(ADD, [["d"], ["e"]])

        self.check(scenario, "a", "b", "d", "e")

    def test_statements_as_bytes_and_as_composed_sql(self):
        def scenario(s):
            query = psycopg.sql.SQL("insert into {} (name) values ({})")
            query = query.format(psycopg.sql.Identifier("items"), psycopg.sql.Literal("a"))
            s.run(query)
            s.run(b"commit")
            s.run(query)
            s.rollback()

        self.check(scenario, "a")


@on_embedded
class PostgresConformancePsycopgPrepared(PsycopgTwins):
    def test_statements_are_prepared_and_outlive_a_rollback(self):
        def scenario(s):
            for number in range(8):
                s.run(ADD, [f"item {number}"])
                s.rollback()
            s.connection.prepare_threshold = 0
            s.ask("select name from items")
            s.run("alter table items add column colour text")
            s.rollback()
            s.ask("select * from items")
            s.run("alter table items drop column price cascade")
            s.ask("select * from items")

        self.check(scenario)

    def test_two_connections_prepare_beside_each_other(self):
        for lease in (self.virtual,):
            one, two = lease.connection, lease.new_connection()
            for connection in (one, two):
                for _ in range(2):
                    connection.execute(ADD, ["a"], prepare=True)
                    connection.rollback()
            self.assertEqual(0, lease.count("items"))
