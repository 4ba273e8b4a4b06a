"""Under `rollback` the code's connection behaves as a real one: statements."""

import io

from tests.integration.providers import also_with_psycopg, on_every_provider
from tests.integration.twins import Twins


@on_every_provider
@also_with_psycopg
class PostgresConformanceStatements(Twins):
    def test_executemany(self):
        def scenario(s):
            s.note(lambda: s.cursor.executemany(ADD, [["a"], ["b"]]))
            s.journal.append(s.cursor.rowcount)
            s.commit()

        self.check(scenario, "a", "b")

    def test_executemany_that_fails_on_its_second_row(self):
        def scenario(s):
            s.note(lambda: s.cursor.executemany(ADD, [["a"], ["a"], ["b"]]))
            s.rollback()

        self.check(scenario)

    def test_a_block_that_catches_its_own_error(self):
        def scenario(s):
            s.run(
                "do $$ begin insert into items (name) values ('a'); begin "
                "insert into items (name) values ('a'); exception when unique_violation then null; "
                "end; end $$"
            )
            s.commit()

        self.check(scenario, "a")

    def test_rows_that_are_fetched_in_parts(self):
        def scenario(s):
            s.run("select * from generate_series(1, 5)")
            s.journal.append([s.cursor.fetchone(), s.cursor.fetchmany(2), s.cursor.fetchall()])
            s.journal.append([s.cursor.rowcount, [column[0] for column in s.cursor.description]])

        self.check(scenario)

    def test_two_cursors_share_the_transaction(self):
        def scenario(s):
            other = s.connection.cursor()
            s.add("a")
            other.execute("select name from items")
            s.journal.append(other.fetchall())
            other.execute(ADD, ["b"])
            s.rollback()

        self.check(scenario)

    def test_structure_is_transactional(self):
        def scenario(s):
            s.run("create table extra (id integer)")
            s.rollback()
            s.run("select * from extra")
            s.rollback()
            s.run("alter table items add column colour text")
            s.commit()
            s.ask("select colour from items")

        self.check(scenario)


@on_every_provider
class PostgresConformanceStatementsOfPg8000(Twins):
    def test_executemany_that_fails_in_autocommit_keeps_the_rows_before(self):
        def scenario(s):
            s.connection.autocommit = True
            s.note(lambda: s.cursor.executemany(ADD, [["a"], ["a"], ["b"]]))

        self.check(scenario, "a")

    def test_copy_from_a_stream(self):
        def scenario(s):
            s.run("copy items (name) from stdin", stream=io.BytesIO(b"a\nb\n"))
            s.commit()
            s.run("copy items (name) from stdin", stream=io.BytesIO(b"c\n"))
            s.rollback()

        self.check(scenario, "a", "b")

    def test_copy_that_fails(self):
        def scenario(s):
            s.add("a")
            s.run("copy items (name) from stdin", stream=io.BytesIO(b"b\na\n"))
            s.rollback()
            s.add("c")
            s.commit()

        self.check(scenario, "c")

    def test_copy_to_a_stream(self):
        def scenario(s):
            stream = io.BytesIO()
            s.add("a", "b")
            s.run("copy items (name) to stdout", stream=stream)
            s.journal.append(stream.getvalue())
            s.commit()

        self.check(scenario, "a", "b")

    def test_procedures_and_blocks(self):
        def scenario(s):
            s.run(
                "create procedure add(n text) language sql as 'insert into items (name) values (n)'"
            )
            s.note(lambda: s.cursor.callproc("add", ["a"]))
            s.run("do $$ begin insert into items (name) values ('b'); end $$")
            s.commit()
            s.note(lambda: s.cursor.callproc("add", ["c"]))  # pg8000 begins no transaction here
            s.rollback()

        self.check(scenario, "a", "b", "c")


ADD = "insert into items (name) values (%s)"
