"""The assertions on rows and statements of both test cases."""

import types

from harness import AsyncHarnessTestCase, HarnessTestCase
from harness.services.statements import Statements
from tests.support.inner import InnerTest
from tests.support.tables import Database


class OwnError(AssertionError):
    pass


class AssertionsTest(InnerTest):
    def setUp(self):
        super().setUp()
        self.table = Database("create table users (id integer, name text)")
        self.addCleanup(self.table.close)

    def test_each_is_a_failure_of_the_test_cases_own_kind_with_its_message(self):
        db, statements = self.table, types.SimpleNamespace(recording=Statements().recording)

        class Case(HarnessTestCase):
            failureException = OwnError

            def test_count(self):
                self.assertCount(db, "users", 1, msg="mine")

            def test_no_row(self):
                db.rows("insert into users values (1, 'Ada')")
                self.assertNoRow(db, "users", msg="mine")

            def test_queries(self):
                with self.assertQueries(1, db=statements, msg="mine"):
                    pass

            def test_row(self):
                self.assertRow(db, "users", {"id": 1}, msg="mine")

            def test_rows(self):
                self.assertRows(db, "users", [{"id": 1}, {"id": 2}], msg="mine")

        result = self.run_inner(Case)

        self.assertEqual([OwnError] * 4, [type(error) for error in result.raised])
        for error in result.raised:
            self.assertTrue(str(error).endswith(" : mine"), error)

    def test_the_trace_shows_the_users_own_lines_alone(self):
        db, statements = self.table, types.SimpleNamespace(recording=Statements().recording)

        class Case(HarnessTestCase):
            def test_column(self):
                self.assertRow(db, "users", {"nam": "Ada"})

            def test_queries(self):
                with self.assertQueries(1, db=statements):
                    pass

            def test_row(self):
                self.assertRow(db, "users", {"id": 1})

            def test_rows(self):
                self.assertRows(db, "users", [{"id": 1}])

        result = self.run_inner(Case)

        self.assertEqual(4, len(result.failures))
        for _, trace in result.failures:
            self.assertEqual(1, trace.count('File "'), trace)

    def test_they_work_in_coroutines_and_need_no_await(self):
        db = self.table

        class Case(AsyncHarnessTestCase):
            async def test(self):
                db.rows("insert into users values (1, 'Ada')")
                self.assertEqual("Ada", self.assertRow(db, "users", {"id": 1}).name)
                self.assertRows(db, "users", [(1, "Ada")])
                self.assertCount(db, "users", 1)
                self.assertNoRow(db, "users", {"id": 2})

        self.run_inner(Case)

        self.assertOutcomes("success")

    def test_a_column_of_any_name_can_be_given(self):
        db = Database('create table t (self, db, "table", "where", msg, "class")')
        self.addCleanup(db.close)
        db.rows("insert into t values (1, 2, 3, 4, 5, 6)")

        class Case(HarnessTestCase):
            def test(self):
                columns = {"self": 1, "db": 2, "table": 3, "where": 4, "class": 6}
                self.assertRow(db, "t", {"msg": 5}, **columns)

        self.run_inner(Case)

        self.assertOutcomes("success")

    def test_they_can_be_waited_for(self):
        db = self.table

        class Case(HarnessTestCase):
            def test(self):
                tries = iter(["", "insert into users values (1, 'Ada')"])

                def probe():
                    db.rows(next(tries))
                    return self.assertRow(db, "users", {"id": 1})

                self.assertEqual("Ada", self.assertEventually(probe, within=60).name)

        self.run_inner(Case)

        self.assertOutcomes("success")

    def test_a_class_without_a_database_has_no_statements_to_count(self):
        class Case(HarnessTestCase):
            db = self.db

            def test(self):
                with self.assertQueries(1):
                    pass

        result = self.run_inner(Case)

        self.assertOutcomes("error")
        self.assertIn("has no database: whose statements?", str(result.raised[0]))
