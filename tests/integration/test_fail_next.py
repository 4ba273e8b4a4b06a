"""Statements of the lease's own connection that fail, whatever the isolation and the driver."""

import psycopg
from psycopg.errors import SerializationFailure

from harness import HarnessTestCase, Postgres, SQLite
from harness.errors import FaultError, LeaseError
from harness.services.postgres.connect import client_errors, fields, sqlstate
from tests.integration.failing import make_accounts, pay
from tests.integration.providers import also_with_psycopg, on_embedded, on_every_provider


class Failing:
    """What holds for the statements of `connection`, however they reach the server."""

    def state(self):
        return self.db.value("select balance from accounts"), self.db.count("paid")

    def failing(self, action, *arguments, **options):
        """Return the driver's error that an action raises."""
        with self.assertRaises((psycopg.Error, *client_errors())) as raised:
            action(*arguments, **options)
        return raised.exception

    def run_once(self, test):
        case = type("Inner", (HarnessTestCase,), {"db": self.db.service, "test": test})
        return self.run_inner(case)

    def test_a_service_that_tries_again_succeeds_at_the_second_try(self):
        failure = self.db.fail_next("serialization_failure", on="update")

        self.assertEqual(2, pay(self.db.connection, 10, tries=3))
        self.assertEqual((90, 1), self.state())
        self.assertEqual(1, failure.happened)

    def test_a_service_that_does_not_is_found_out(self):
        self.db.fail_next("serialization_failure", on="update")

        error = self.failing(pay, self.db.connection, 10)

        self.assertEqual("40001", sqlstate(error))
        self.assertEqual((100, 0), self.state())

    def test_the_error_is_the_driver_s_own_with_what_was_asked_for(self):
        self.db.fail_next("53100", on="insert into paid", message="it's full, 100 %s")
        error = self.failing(pay, self.db.connection, 10)
        self.assertEqual(("53100", "it's full, 100 %s"), (fields(error)["C"], fields(error)["M"]))
        if self.driver == "psycopg":
            self.assertIsInstance(error, psycopg.errors.DiskFull)

    def test_the_usual_text_says_who_asked_for_it(self):
        self.db.fail_next("deadlock_detected")
        error = self.failing(pay, self.db.connection, 10)
        self.assertEqual(
            "deadlock detected, for fail_next('deadlock_detected')", fields(error)["M"]
        )

    def test_the_transaction_has_really_failed(self):
        self.db.fail_next("40001", on="select 2")
        cursor = self.db.connection.cursor()
        cursor.execute("update accounts set balance = 0")
        self.failing(cursor.execute, "select 2")
        self.assertEqual("25P02", sqlstate(self.failing(cursor.execute, "select 1")))
        self.db.connection.rollback()
        self.assertEqual((100, 0), self.state())

    def test_a_commit_that_fails_rolls_back(self):
        self.db.fail_next("40001", on="commit")
        connection = self.db.connection

        self.assertEqual(2, pay(connection, 10, tries=2))

        self.assertEqual((90, 1), self.state())

    def test_after_a_commit_that_failed_a_new_transaction_begins(self):
        connection = self.db.connection
        cursor = connection.cursor()
        cursor.execute("update accounts set balance = 0")
        with self.db.fail_next("40001", on="commit"):
            self.assertEqual("40001", sqlstate(self.failing(connection.commit)))
        cursor = connection.cursor()
        cursor.execute("update accounts set balance = balance + 1")
        connection.commit()
        self.assertEqual((101, 0), self.state())

    def test_a_commit_in_words_is_one(self):
        cursor = self.db.connection.cursor()
        cursor.execute("update accounts set balance = 0")
        with self.db.fail_next("40001", on="commit"):
            self.failing(cursor.execute, "COMMIT")
        cursor.execute("select balance from accounts")
        self.assertEqual((100,), tuple(cursor.fetchone()))
        self.db.connection.rollback()

    def test_a_commit_of_nothing_and_of_a_failed_transaction_does_not_fail(self):
        with self.db.fail_next("40001", on="commit") as failure:
            self.db.connection.commit()
            self.assertEqual(0, failure.happened)
            pay_nothing = self.db.connection.cursor()
            pay_nothing.execute("select 1")
            self.failing(self.db.connection.commit)

    def test_in_autocommit_mode_a_statement_fails_alone(self):
        connection = self.db.connection
        connection.autocommit = True
        cursor = connection.cursor()
        with self.db.fail_next("23505", on="insert into paid", after=1):
            cursor.execute("insert into paid (amount) values (1)")
            self.failing(cursor.execute, "insert into paid (amount) values (2)")
            cursor.execute("insert into paid (amount) values (3)")
        self.assertEqual([(1,), (3,)], self.db.rows("select amount from paid order by id"))

    def test_several_fail_one_after_another(self):
        self.db.fail_next("40001", on="update")
        self.db.fail_next("40P01", on="insert", times=2)
        self.assertEqual(4, pay(self.db.connection, 10, tries=9))

    def test_many_statements_of_one_call_fail_as_one(self):
        self.db.fail_next("40001", on="insert")
        cursor = self.db.connection.cursor()
        sql = "insert into paid (amount) values (%s)"
        self.failing(cursor.executemany, sql, [[1], [2]])
        self.db.connection.rollback()
        cursor.executemany(sql, [[1], [2]])
        self.db.connection.commit()
        self.assertEqual(2, self.db.count("paid"))

    def test_what_the_lease_itself_sends_never_fails(self):
        with self.db.fail_next("40001") as failure:
            self.db.execute("update accounts set balance = 7")
            self.assertEqual((7, 0), self.state())
            self.assertEqual(0, failure.happened)
            self.failing(pay, self.db.connection, 10)

    def test_after_its_block_it_is_disarmed(self):
        with self.assertRaises(FaultError), self.db.fail_next("40001", on="update"):
            pass
        self.assertEqual(1, pay(self.db.connection, 10))

    def test_for_as_long_as_a_block_lasts_all_may_fail(self):
        with self.db.fail_next("40001", on="update", times=None) as failure:
            self.failing(pay, self.db.connection, 10, tries=3)
        self.assertEqual(3, failure.happened)
        self.assertEqual(1, pay(self.db.connection, 10))

    def test_one_that_never_happened_fails_the_test_and_names_what_came(self):
        def test(case):
            case.db.fail_next("disk_full", on="insert into orders")
            pay(case.db.connection, 10)

        error = self.raised_by(self.run_once(test))

        self.assertIsInstance(error, FaultError)
        self.assertTrue(
            str(error).startswith(
                "fail_next('disk_full', on='insert into orders') never happened\n"
                "    while it was armed, these came:\n"
            ),
            error,
        )
        self.assertIn("\n      update accounts set balance = ", str(error))
        self.assertTrue(
            str(error).endswith(
                "\n  likely cause: on='insert into orders' matches none of them\n"
                "  next: correct it: a regular expression for the begin of the statement, such as "
                '"update orders" or ".*for update"'
            ),
            error,
        )

    def test_one_that_happened_less_often_than_it_was_to_fails_the_test(self):
        def test(case):
            case.db.fail_next("40001", on="update", times=3)
            with case.assertRaises(client_errors()):
                pay(case.db.connection, 10, tries=2)

        self.assertEqual(
            "fail_next('40001', on='update', times=3) happened 2 of 3 times",
            self.raised_by(self.run_once(test)).what,
        )

    def test_a_test_that_fails_keeps_its_own_failure_first(self):
        def test(case):
            with case.db.fail_next("40001", on="drop"):
                case.fail("as it does")

        error = self.raised_by(self.run_once(test))

        self.assertIsInstance(error, AssertionError)
        self.assertIn("never happened", "".join(error.__notes__))

    def test_nothing_is_left_to_the_next_test(self):
        def test_a(case):
            case.db.fail_next("40001", on="update", times=2)
            with case.assertRaises(client_errors()):
                pay(case.db.connection, 10)

        def test_b(case):
            case.assertEqual(1, pay(case.db.connection, 10))
            case.assertEqual(1, case.db.count("paid"))

        names = {"db": self.db.service, "test_a": test_a, "test_b": test_b}
        result = self.run_inner(type("Inner", (HarnessTestCase,), names), "test_a", "test_b")

        self.assertEqual(["test_a"], result.failed, result.text)


@also_with_psycopg
@on_every_provider
class RollbackConformance(Failing):
    db = Postgres(migrations=make_accounts)

    def test_a_connection_cannot_be_lost(self):
        with self.assertRaises(FaultError) as raised:
            self.db.fail_next("connection_lost", on="commit")
        self.assertEqual(
            f"{self.db.service.label} cannot lose a connection at a statement\n"
            "  likely cause: all that a test does is in one transaction there, which ends with "
            "its connection\n"
            "  next: declare Postgres(isolation='commit', proxied=True)",
            str(raised.exception),
        )

    def test_a_savepoint_survives_what_failed_after_it(self):
        cursor = self.db.connection.cursor()
        cursor.execute("update accounts set balance = 50")
        cursor.execute("savepoint a")
        with self.db.fail_next("23505", on="insert"):
            self.failing(cursor.execute, "insert into paid (amount) values (1)")
        cursor.execute("rollback to savepoint a")
        self.db.connection.commit()
        self.assertEqual((50, 0), self.state())

    def test_an_engine_of_sqlalchemy_s_is_the_code_under_test(self):
        from sqlalchemy import exc, text

        from harness.adapters.sqlalchemy import engine

        made = engine(self.db)
        self.addCleanup(made.dispose)
        for on in ("update", "commit"):
            self.db.fail_next("40001", on=on)
            with self.assertRaises(exc.DBAPIError), made.begin() as connection:
                connection.execute(text("update accounts set balance = 0"))
        self.assertEqual((100, 0), self.state())


@also_with_psycopg
@on_every_provider
class CommitConformance(Failing):
    db = Postgres(migrations=make_accounts, isolation="commit")

    def test_a_connection_cannot_be_lost_without_the_proxy(self):
        with self.assertRaises(FaultError) as raised:
            self.db.fail_next("connection_lost")
        self.assertIn("its connections go straight to the server", str(raised.exception))

    def test_what_connects_by_itself_is_not_seen_and_the_error_says_so(self):
        def test(case):
            case.db.fail_next("40001", on="update")
            with psycopg.connect(case.db.dsn) as connection:
                pay(connection, 10)

        error = self.raised_by(self.run_once(test))

        self.assertEqual(
            "nothing was sent through `connection`; the code under test has connected by itself",
            error.cause,
        )
        self.assertIn("proxied=True", error.hint)


def use_a_block(connection):
    with connection.transaction():
        connection.execute("update accounts set balance = 0")


def use_a_copy(connection):
    with connection.cursor().copy("copy paid from stdin"):
        pass


def use_a_named_cursor(connection):
    with connection.cursor("named") as cursor:
        cursor.execute("select 1, 2")


USES = {
    "commit": use_a_block,
    "copy": use_a_copy,
    "select 1, 2": use_a_named_cursor,
    "select": lambda connection: list(connection.cursor().stream("select 1")),
}


@on_embedded
class EdgesTest:
    db = Postgres(migrations=make_accounts)

    def test_psycopg_s_blocks_streams_copies_and_named_cursors_fail_too(self):
        for isolation in ("rollback", "commit"):
            service = Postgres(migrations=make_accounts, driver="psycopg", isolation=isolation)
            with self.subTest(isolation=isolation), self.environment.lease(service) as lease:
                for on, use in USES.items():
                    lease.fail_next("40001", on=on)
                    with self.assertRaises(SerializationFailure):
                        use(lease.connection)
                    lease.connection.rollback()
                self.assertEqual(100, lease.value("select balance from accounts"))

    def test_a_readonly_lease_has_it_too(self):
        with self.environment.lease(Postgres(isolation="readonly")) as lease:
            lease.fail_next("57014", on="select")
            with self.assertRaises(client_errors()):
                lease.connection.cursor().execute("select 1")

    def test_an_unknown_argument_says_which_there_are(self):
        with self.assertRaises(FaultError) as raised:
            self.db.fail_next("40001", time=2)
        self.assertEqual(
            "fail_next(): got an unexpected keyword argument 'time'\n  next: did you mean times=?",
            str(raised.exception),
        )

    def test_sqlite_cannot_have_a_statement_fail(self):
        lease = self.enterContext(self.environment.lease(SQLite()))
        with self.assertRaises(FaultError) as raised:
            lease.fail_next("40001")
        self.assertEqual(
            "SQLite() cannot have a statement fail\n"
            "  likely cause: fail_next() is for what speaks the protocol of PostgreSQL or of "
            "Redis\n"
            "  next: cut its connections with proxied=True and .toxics, or declare Postgres(...) "
            "or Redis(proxied=True)",
            str(raised.exception),
        )

    def test_after_its_lease_there_is_none(self):
        with self.environment.lease(self.db.service) as lease:
            pass
        with self.assertRaises(LeaseError):
            lease.fail_next("40001")
