"""Reading SQLite's SQL."""

import sqlite3
import unittest

from harness.services.sqlite.placeholders import translated
from harness.services.sqlite.script import control_of, first_word, split


class ControlTest(unittest.TestCase):
    def test_every_spelling_of_a_statement_for_transactions(self):
        for sql, expected in (
            ("BEGIN", ("begin", "")),
            ("begin immediate transaction;", ("begin", "")),
            ("Commit", ("commit", "")),
            ("end transaction", ("commit", "")),
            ("rollback", ("rollback", "")),
            ("ROLLBACK TRANSACTION ;", ("rollback", "")),
            ("rollback to a", ("back", "a")),
            ("rollback transaction to savepoint 'B'", ("back", "b")),
            ("savepoint sp", ("savepoint", "sp")),
            ('savepoint"with ""quotes"""', ("savepoint", 'with "quotes"')),
            ("release [S P]", ("release", "s p")),
            ("release savepoint `sp`", ("release", "sp")),
            ("release savepoint", ("release", "savepoint")),
            ("/* to */ -- begin\n  commit", ("commit", "")),
            (";; /* a */; commit", ("commit", "")),
            ("\ufeffcommit", ("commit", "")),
        ):
            with self.subTest(sql):
                self.assertEqual(expected, control_of(sql))

    def test_what_only_looks_like_one(self):
        for sql in (
            "beginning",
            "commitment",
            "select 'commit'",
            "",
            "-- commit",
            "insert or rollback",
        ):
            with self.subTest(sql):
                self.assertEqual(("", ""), control_of(sql))

    def test_the_first_word_stands_behind_comments(self):
        self.assertEqual("insert", first_word(" /* a */ -- b\n InSeRt into x"))
        self.assertEqual("", first_word("-- nothing"))


class SplitTest(unittest.TestCase):
    def texts(self, script):
        return [statement.text for statement in split(script)]

    def test_statements_with_their_lines(self):
        found = split("select 1;\n\n-- two\nselect\n2; select 3")

        expected = [("select 1", 1), ("select\n2", 4), ("select 3", 5)]
        self.assertEqual(expected, [(one.text, one.line) for one in found])

    def test_what_hides_a_semicolon(self):
        for statement in (
            "select ';', \"a;b\", `c;d`, [e;f]",
            "select 1 -- ;\n + 2",
            "select /* ; */ 3",
            "create trigger t after insert on a begin select case when 1 then 2 end; end",
            "create temp trigger if not exists t after insert on a begin select ';'; end",
        ):
            with self.subTest(statement):
                self.assertEqual([statement, "select 4"], self.texts(f"{statement};select 4"))

    def test_nothing_is_no_statement(self):
        for script in ("", " \n", ";;", "-- only this", "/* and ; this */ ;"):
            with self.subTest(script):
                self.assertEqual([], self.texts(script))

    def test_an_unfinished_statement_is_one_for_sqlite_to_refuse(self):
        self.assertEqual(["select 'a; select 2"], self.texts("select 'a; select 2"))

    def test_each_is_one_statement_for_sqlite(self):
        trigger = "create trigger t after insert on a begin select 1; end"
        script = f"create table a (x); {trigger}; insert into a values (1)"
        connection = sqlite3.connect(":memory:")
        for text in self.texts(script):
            connection.execute(text)

        self.assertEqual([(1,)], connection.execute("select * from a").fetchall())
        connection.close()


class PlaceholderTest(unittest.TestCase):
    def test_placeholders_and_percent_signs(self):
        for sql, expected in (
            ("a = %s and b = %s", "a = ? and b = ?"),
            ("a %% %s", "a % ?"),
            ("'%s', \"%s\", `%s`, [%s], %s", "'%s', \"%s\", `%s`, [%s], ?"),
            ("'it''s %s' = %s", "'it''s %s' = ?"),
            ("%s -- 100 %\n, %s /* %d */", "? -- 100 %\n, ? /* %d */"),
        ):
            with self.subTest(sql):
                self.assertEqual(expected, translated(sql))

    def test_another_one_is_refused(self):
        for sql in ("%d", "a % b", "100%", "%(name)s"):
            with (
                self.subTest(sql),
                self.assertRaisesRegex(sqlite3.ProgrammingError, "only %s and %%"),
            ):
                translated(sql)
