"""Under `rollback` the code's connection behaves as a real one: transactions."""

import functools

from tests.integration.providers import also_with_psycopg, on_every_provider
from tests.integration.twins import Twins


@on_every_provider
@functools.partial(also_with_psycopg, others=("external", "docker"))
class PostgresConformanceTransactions(Twins):
    def test_a_commit_lasts(self):
        self.check(lambda s: (s.add("a"), s.commit()), "a")

    def test_closing_without_a_commit_undoes(self):
        self.check(lambda s: s.add("a"))

    def test_a_rollback_undoes_only_what_came_after_the_commit(self):
        self.check(lambda s: (s.add("a"), s.commit(), s.add("b"), s.rollback()), "a")

    def test_commit_and_rollback_without_a_transaction_do_nothing(self):
        self.check(lambda s: (s.commit(), s.rollback(), s.add("a"), s.commit(), s.commit()), "a")

    def test_autocommit_makes_each_statement_last(self):
        def scenario(s):
            s.connection.autocommit = True
            s.add("a", "b")
            s.rollback()

        self.check(scenario, "a", "b")

    def test_autocommit_turned_off_begins_a_transaction(self):
        def scenario(s):
            s.connection.autocommit = True
            s.add("a")
            s.connection.autocommit = False
            s.add("b")
            s.rollback()

        self.check(scenario, "a")

    def test_a_statement_that_fails_in_autocommit_needs_no_rollback(self):
        def scenario(s):
            s.connection.autocommit = True
            s.add("a", "a", "b")

        self.check(scenario, "a", "b")

    def test_transactions_spelt_in_sql(self):
        for begin, end, kept in (
            ("begin", "commit", ["a"]),
            ("BEGIN;", "END;", ["a"]),
            ("start transaction", "commit work", ["a"]),
            ("begin work", "end transaction ;", ["a"]),
            ("Begin Transaction", "rollback", []),
            ("begin isolation level serializable", "ABORT", []),
            ("begin read write", "rollback transaction", []),
            ("-- on\nbegin", "/* a /* done */ -- */ commit", ["a"]),
            ("/* on */ start transaction -- now", "rollback/* ; */work", []),
        ):
            with self.subTest(begin=begin, end=end):
                self.check(lambda s, b=begin, e=end: spelt(s, b, e), *kept)
                for lease in (self.virtual, self.real):
                    lease.truncate("items")

    def test_begin_in_a_transaction_only_warns(self):
        self.check(lambda s: (s.add("a"), s.run("begin"), s.add("b"), s.commit()), "a", "b")

    def test_commit_in_sql_ends_what_the_driver_began(self):
        self.check(lambda s: (s.add("a"), s.run("commit"), s.add("b"), s.rollback()), "a")

    def test_a_comment_before_the_word_changes_nothing(self):
        for comment in ("/* done */ ", "-- done\n", "/* a /* b */ c */ ", "-- a\r\n/**/"):
            with self.subTest(comment):
                end = f"{comment}commit"
                self.check(
                    lambda s, end=end: (s.add("a"), s.run(end), s.add("b"), s.rollback()), "a"
                )
                for lease in (self.virtual, self.real):
                    lease.truncate("items")

    def test_an_error_a_rollback_and_on(self):
        self.check(lambda s: (s.add("a", "a"), s.rollback(), s.add("b"), s.commit()), "b")

    def test_an_error_in_the_first_statement_and_on(self):
        def scenario(s):
            s.add("a")
            s.commit()
            s.add("a")
            s.rollback()
            s.add("b")
            s.commit()

        self.check(scenario, "a", "b")

    def test_after_an_error_every_statement_is_refused_until_the_rollback(self):
        def scenario(s):
            s.add("a", "a", "b")
            s.ask("select 1")
            s.rollback()
            s.ask("select 1")

        self.check(scenario)

    def test_committing_a_failed_transaction_keeps_nothing(self):
        self.check(lambda s: (s.add("a", "a"), s.commit(), s.add("b"), s.commit()), "b")

    def test_commit_in_sql_of_a_failed_transaction_keeps_nothing(self):
        self.check(lambda s: (s.add("a", "a"), s.run("commit"), s.add("b"), s.commit()), "b")

    def test_an_error_before_any_write(self):
        self.check(lambda s: (s.run("select 1/0"), s.rollback(), s.add("a"), s.commit()), "a")

    def test_an_error_of_syntax(self):
        self.check(
            lambda s: (s.add("a"), s.run("selekt"), s.rollback(), s.add("b"), s.commit()), "b"
        )


def spelt(script, begin, end):
    script.connection.autocommit = True
    script.run(begin)
    script.add("a")
    script.run(end)
    script.rollback()


@on_every_provider
class PostgresConformanceAutocommitInATransaction(Twins):
    """What pg8000 allows, and psycopg refuses."""

    def test_autocommit_turned_on_in_mid_transaction_and_rolled_back(self):
        def scenario(s):
            s.add("a")
            s.connection.autocommit = True
            s.add("b")
            s.rollback()
            s.add("c")

        self.check(scenario, "c")

    def test_autocommit_turned_on_in_mid_transaction_and_committed(self):
        def scenario(s):
            s.add("a")
            s.connection.autocommit = True
            s.add("b")
            s.commit()
            s.connection.autocommit = False
            s.add("c")

        self.check(scenario, "a", "b")


@on_every_provider
@also_with_psycopg
class PostgresConformanceSavepoints(Twins):
    def test_savepoints_nest(self):
        def scenario(s):
            s.add("a")
            s.run("savepoint one")
            s.add("b")
            s.run("savepoint two")
            s.add("c")
            s.run("rollback to savepoint two")
            s.add("d")
            s.run("release savepoint two")
            s.run("rollback to one")
            s.add("e")
            s.commit()

        self.check(scenario, "a", "e")

    def test_an_error_is_undone_to_the_savepoint_before_it(self):
        def scenario(s):
            s.add("a")
            s.run("savepoint one")
            s.add("a")
            s.run("rollback to savepoint one")
            s.add("b")
            s.commit()

        self.check(scenario, "a", "b")

    def test_savepoints_end_with_their_transaction(self):
        def scenario(s):
            s.run("savepoint one")
            s.add("a")
            s.commit()
            s.add("b")
            s.run("rollback to savepoint one")
            s.rollback()

        self.check(scenario, "a")

    def test_a_savepoint_that_was_never_made(self):
        self.check(
            lambda s: (s.add("a"), s.run("release nobody"), s.rollback(), s.add("b"), s.commit()),
            "b",
        )
