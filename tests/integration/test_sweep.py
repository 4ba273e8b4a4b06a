"""Losing each request and each response of an action: what that finds, and what it does not."""

import contextlib
import math
import re
import socket
import threading
import time
from unittest import mock

import pg8000.dbapi

from harness import HarnessTestCase, Postgres
from harness.errors import FaultError, IsolationError, LeaseError
from harness.faults.sweep import deadline, relay
from harness.services import sweeping
from harness.services.postgres.commit.wal import WalReader
from tests.integration.providers import on_embedded, on_every_provider_and_proxy

SCHEMA = """
create table accounts (name text primary key, balance int not null);
create table payments (id serial primary key, order_id text not null, amount int not null);
create table keys (key text primary key, payment int not null);
insert into accounts values ('anna', 100), ('bert', 100);
"""


def make_schema(db):
    for statement in filter(str.strip, SCHEMA.split(";")):
        db.execute(statement)


def connect(dsn):
    """Return a connection of the action's own."""
    from urllib.parse import urlsplit

    parts = urlsplit(dsn)
    return pg8000.dbapi.connect(
        parts.username,
        host=parts.hostname,
        port=parts.port,
        password=parts.password,
        database=parts.path[1:],
        ssl_context=False,
    )


def run(connection, *statements):
    cursor = connection.cursor()
    for statement in statements:
        cursor.execute(statement)
    return cursor


DEBIT = "update accounts set balance = balance - 10 where name = 'anna'"
CREDIT = "update accounts set balance = balance + 10 where name = 'bert'"
SLEEP = "^select pg_sleep"
PAY = "insert into payments (order_id, amount) values ('order-1', 10)"


def transfer(dsn):
    """Move money in one transaction."""
    with contextlib.closing(connect(dsn)) as connection:
        run(connection, DEBIT, CREDIT)
        connection.commit()


def transfer_in_two(dsn):
    """Move money in two statements, each of which commits."""
    with contextlib.closing(connect(dsn)) as connection:
        connection.autocommit = True
        run(connection, DEBIT, CREDIT)


def pay(dsn):
    with contextlib.closing(connect(dsn)) as connection:
        run(connection, DEBIT, PAY)
        connection.commit()


def pay_with_key(dsn):
    with contextlib.closing(connect(dsn)) as connection:
        key = "insert into keys values ('order-1', 10) on conflict do nothing returning key"
        if run(connection, key).fetchall():
            run(connection, DEBIT, PAY)
        connection.commit()


def retried(action):
    """Try again where the connection was lost, whatever had become of the first attempt."""

    def twice(dsn):
        try:
            action(dsn)
        except (pg8000.dbapi.InterfaceError, OSError):
            action(dsn)

    return twice


def ten(dsn):
    with contextlib.closing(connect(dsn)) as connection:
        run(connection, *[DEBIT, CREDIT] * 5)
        connection.commit()


class Sweeping:
    """Sweeps an action on `self.db`."""

    def balances(self):
        return dict(self.db.rows("select name, balance from accounts"))

    def paid(self):
        return self.db.value("select coalesce(sum(amount), 0)::int from payments")

    def swept(self, action, check, **how):
        """Sweep an action, and return how many runs there were."""
        runs = 0
        for cut in self.db.sweep(lambda: action(self.db.dsn), **how):
            with cut:
                check(cut)
            runs += 1
        return runs

    def found(self, action, check, **how):
        """Return what a sweep says of an action that does not hold."""
        with self.assertRaises(AssertionError) as raised:
            self.swept(action, check, **how)
        return str(raised.exception)

    def refused(self, action, **how):
        """Return the error for an action that cannot be swept."""
        with self.assertRaises(FaultError) as raised:
            self.swept(action, self.accept, **how)
        return str(raised.exception)

    def accept(self, cut):
        """Have nothing to check."""

    def check_sum(self, cut):
        self.assertEqual(200, sum(self.balances().values()))

    def check_paid(self, cut):
        self.assertIn(self.paid(), (0, 10) if cut.error else (10,))


@on_every_provider_and_proxy
class SweepConformance(Sweeping):
    needed = Postgres()
    db = Postgres(migrations=make_schema, isolation="commit", proxied=True)

    def test_a_transfer_in_two_transactions_does_not(self):
        text = self.found(transfer_in_two, self.check_sum)
        self.assertRegex(
            text,
            r"(?s)^the check fails at 2 of \d+ losses on Postgres\(.*"
            r'lost: response of turn (\d) "update accounts set balance = balance - 10 .*"'
            r", connection 1\n"
            r'  to: request of turn \d "update accounts set balance = balance \+ 10 .*"'
            r", connection 1, 2 losses in a row\n"
            r"then the action raised \w+, and the check says\n"
            r"    200 != 190\n"
            r'repeat with only="1:\1:response"\n',
        )

    def test_a_payment_that_is_tried_again_is_paid_twice_where_the_answer_to_commit_is_lost(self):
        text = self.found(retried(pay), self.check_paid)
        self.assertRegex(
            text,
            r"(?s)^the check fails at 1 of \d+ losses on .*"
            r"lost: response of turn (\d+) 'commit', connection 1\n"
            r"then the action succeeded, and the check says\n"
            r"    20 not found in \(10,\)\n"
            r'repeat with only="1:\1:response"\n.*'
            r" \1 'commit'  <- response lost\n",
        )

    def test_ten_statements_have_the_same_points_every_time(self):
        runs = {self.swept(ten, self.check_sum, lose="request") for _ in range(3)}
        self.assertEqual(1, len(runs), runs)


@on_embedded
class SweepTest(Sweeping):
    db = Postgres(migrations=make_schema, isolation="commit", proxied=True)

    def test_a_transfer_in_one_transaction_holds(self):
        self.assertGreater(self.swept(transfer, self.check_sum), 8)

    def test_a_payment_with_an_idempotency_key_is_paid_once(self):
        self.swept(retried(pay_with_key), self.check_paid)

    def test_by_message_the_same_is_found(self):
        self.swept(transfer, self.check_sum, by="message")
        self.swept(retried(pay_with_key), self.check_paid, by="message")
        self.assertIn("200 != 190", self.found(transfer_in_two, self.check_sum, by="message"))
        text = self.found(retried(pay), self.check_paid, by="message")
        self.assertIn("of message", text)
        self.assertIn("20 not found in (10,)", text)

    def test_a_finding_is_repeated_by_its_last_line(self):
        text = self.found(retried(pay), self.check_paid)
        only = re.search('only="(.*)"', text)[1]
        self.assertIn(
            "fails at 1 of 1 losses", self.found(retried(pay), self.check_paid, only=only)
        )

    def test_each_run_begins_with_what_the_test_had_written_before_the_sweep(self):
        self.db.execute("insert into accounts values ('carl', 7)")
        self.db.execute("insert into payments (order_id, amount) values ('order-0', 5)")
        seen = set()

        def action(dsn):
            seen.add((len(self.balances()), self.paid()))
            pay(dsn)

        self.swept(action, self.accept)

        self.assertEqual({(3, 5)}, seen)
        self.assertEqual(7, self.balances()["carl"])

    def test_at_its_end_all_is_as_before_and_the_next_test_finds_nothing_of_it(self):
        case = self

        class Inner(Sweeping, HarnessTestCase):
            db = self.db.service

            def test_a(self):
                self.db.execute("insert into accounts values ('carl', 7)")
                self.swept(pay, self.accept)
                case.assertEqual({"anna": 100, "bert": 100, "carl": 7}, self.balances())

            def test_b(self):
                case.assertEqual({"anna": 100, "bert": 100}, self.balances())
                case.assertEqual(0, self.paid())
                pay(self.db.dsn)
                case.assertEqual(1, self.db.value("select id from payments"))

        self.succeeds(Inner)

    def test_on_a_database_that_its_class_holds_each_run_has_the_rows_of_both(self):
        case = self

        class Inner(Sweeping, HarnessTestCase):
            db = self.db.service

            @classmethod
            def setUpClass(cls):
                super().setUpClass()
                held = cls.hold(cls.db)
                held.execute("insert into accounts values ('carl', 7)")

            def sweep_twice(self):
                self.db.execute("insert into payments (order_id, amount) values ('order-0', 5)")
                seen = set()

                def action(dsn):
                    seen.add((*sorted(self.balances().items()), self.paid()))
                    pay(dsn)

                self.swept(action, self.accept)
                expected = (("anna", 100), ("bert", 100), ("carl", 7), 5)
                case.assertEqual({expected}, seen)

            test_a = test_b = sweep_twice

        self.succeeds(Inner)

    def succeeds(self, case):
        result = self.run_inner(case)
        self.assertTrue(result.wasSuccessful(), result.text)
        self.assertGreater(result.testsRun, 0)

    def test_a_database_that_the_action_replaces_is_put_back(self):
        def action(dsn):
            with contextlib.closing(connect(dsn)) as connection:
                run(connection, "alter table payments add note text", PAY)
                connection.commit()

        self.db.execute("insert into accounts values ('carl', 7)")
        for _ in range(2):
            self.swept(action, lambda cut: self.assertEqual(3, len(self.balances())), max_points=3)
            self.assertEqual({"anna": 100, "bert": 100, "carl": 7}, self.balances())

    def test_other_files_of_what_all_databases_share_are_no_other_structure(self):
        self.db.execute("insert into accounts values ('carl', 7)")
        for reads in (WalReader.writes, lambda *args, **options: None):
            with self.subTest(reads), mock.patch.object(WalReader, "writes", reads):
                self.db.instance.databases.execute("vacuum full pg_db_role_setting")
                self.swept(pay, lambda cut: self.assertEqual(3, len(self.balances())), max_points=1)

    def test_what_the_action_returns_and_raises_is_there_for_the_check(self):
        seen = []
        for cut in self.db.sweep(lambda: pay(self.db.dsn) or "paid", lose="request"):
            with cut:
                seen.append((cut.result, type(cut.error)))
        self.assertEqual(("paid", type(None)), seen[0])
        self.assertIn((None, pg8000.dbapi.InterfaceError), seen)

    def test_a_finding_says_what_the_action_returned(self):
        text = self.found(
            lambda dsn: retried(pay)(dsn) or ["paid"], self.check_paid, lose="response"
        )
        self.assertIn(
            "\nthen the action succeeded and returned ['paid'], and the check says\n", text
        )

    def test_code_that_got_its_dsn_before_the_sweep_is_swept_too(self):
        dsn = str(self.db.dsn)
        for cut in self.db.sweep(lambda: pay(dsn), max_points=2):
            with cut:
                self.assertEqual(0 if cut.error else 10, self.paid())

    def test_what_else_is_to_be_put_back_is(self):
        sent = []

        def action(dsn):
            pay(dsn)
            sent.append("mail")

        def check(cut):
            self.assertLessEqual(len(sent), 1)

        self.swept(action, check, reset=sent.clear)

    def test_psycopg_is_swept_with_its_own_connections(self):
        import psycopg

        def action(dsn):
            with psycopg.connect(dsn) as connection:
                connection.execute(DEBIT)
                connection.execute(CREDIT)

        for by in "turn", "message":
            self.assertGreater(self.swept(action, self.check_sum, by=by), 6)

    def test_several_connections_are_numbered_as_they_are_made(self):
        def action(dsn):
            pay(dsn)
            transfer(dsn)

        text = self.found(action, lambda cut: self.assertIsNone(cut.error), lose="response")
        self.assertIn("connection 2", text)
        self.assertIn("the clean run, connection 2, by turn:", text)

    def test_what_the_check_has_left_open_is_ended_before_the_data_are_put_back(self):
        kept = []

        def check(cut):
            kept.append(self.enterContext(contextlib.closing(connect(self.db.dsn))))
            run(kept[-1], DEBIT)  # which holds a lock

        begin = time.monotonic()
        self.swept(pay, check, max_points=6)
        self.assertLess(time.monotonic() - begin, 5)  # a lock is waited for a second
        self.assertEqual({"anna": 100, "bert": 100}, self.balances())

    def test_what_an_action_that_is_left_has_on_its_way_is_put_back_too(self):
        import psycopg

        def action(dsn):
            connection = self.enterContext(contextlib.closing(psycopg.connect(dsn)))
            connection.pgconn.send_query(b"select pg_sleep(0.2); " + PAY.encode())
            while not self.db.value(
                f"select count(*) from pg_stat_activity where query ~ '{SLEEP}'"
            ):
                pass
            raise SystemExit

        with self.assertRaises(SystemExit):
            self.swept(action, self.accept)
        self.assertEqual(0, self.paid())
        self.assertEqual(1, self.db.value("select nextval('payments_id_seq')"))

    def test_others_that_connect_all_the_time_keep_no_run_from_its_end(self):
        over = threading.Event()

        def connect_again():
            while not over.wait(0.001):
                with contextlib.suppress(pg8000.dbapi.InterfaceError, OSError):
                    connect(self.db.dsn).close()

        thread = threading.Thread(target=connect_again)

        def action(dsn):
            pay(dsn)
            thread.start()

        with contextlib.suppress(FaultError):  # what is lost is not the same each time
            self.swept(action, lambda cut: over.set(), only="1:1:request", within=5)
        self.assertTrue(over.is_set())
        thread.join()

    def test_the_lease_goes_on_afterwards(self):
        self.swept(transfer, self.check_sum, max_points=1)
        with self.db.toxics.latency(ms=1):
            transfer(self.db.dsn)
        cursor = self.db.connection.cursor()
        cursor.execute("select count(*) from accounts")
        self.assertEqual([2], list(cursor.fetchone()))

    def test_a_loop_that_is_left_leaves_nothing_behind(self):
        for cut in self.db.sweep(lambda: pay(self.db.dsn)):
            with cut:
                break
        with self.db.toxics.latency(ms=1):
            transfer(self.db.dsn)

    def test_what_a_loop_has_found_that_is_left_is_told_with_the_test(self):
        class Inner(Sweeping, HarnessTestCase):
            db = self.db.service

            def test_a(self):
                for cut in self.db.sweep(lambda: pay(self.db.dsn)):
                    with cut:
                        self.assertIsNone(cut.error)
                    if cut.error:
                        break

            def test_b(self):
                self.swept(pay, self.accept, max_points=1)

        result = self.run_inner(Inner)
        self.assertEqual(["test_a"], result.failed, result.text)
        self.assertIn("the check fails at 1 of", result.text)
        self.assertIn('repeat with only="1:1:request"', result.text)

    def test_readonly_databases_are_swept_too(self):
        def action(lease):
            return lambda: connect(lease.dsn).close()

        with self.environment.lease(Postgres(isolation="readonly", proxied=True)) as lease:
            for cut in lease.sweep(action(lease)):
                with cut:
                    self.assertEqual(1, lease.value("select 1"))


@on_embedded
class PreparedSweepTest(Sweeping):
    db = Postgres(
        migrations=make_schema,
        isolation="commit",
        proxied=True,
        settings=(("max_prepared_transactions", "5"),),
    )

    def test_a_transaction_that_a_run_leaves_prepared_is_gone_in_the_next_one(self):
        def action(dsn):
            with contextlib.closing(connect(dsn)) as connection:
                run(connection, PAY, "prepare transaction 'payment'")
                connection.autocommit = True
                run(connection, "commit prepared 'payment'")

        left = "select count(*) from pg_prepared_xacts"
        seen = []
        self.swept(action, lambda cut: seen.append(self.db.value(left)))
        self.assertEqual({0, 1}, set(seen))
        self.assertEqual(0, self.db.value(left))


@on_embedded
class RefusalsTest(Sweeping):
    maxDiff = None
    db = Postgres(migrations=make_schema, isolation="commit", proxied=True)

    def lease_error(self, service):
        lease = self.enterContext(self.environment.lease(service))
        with self.assertRaises(FaultError) as raised:
            lease.sweep(print)
        return str(raised.exception)

    def test_under_rollback_the_isolation_to_set_is_named(self):
        self.assertEqual(
            "Postgres(proxied=True) cannot be swept: under isolation='rollback' there is one "
            "connection, and all that the test wrote is gone with it\n"
            "  likely cause: each run of the action is to lose a connection\n"
            "  next: write Postgres(isolation='commit', proxied=True)",
            self.lease_error(Postgres(proxied=True)),
        )

    def test_what_is_not_proxied_says_how_to_declare_it(self):
        self.assertEqual(
            "Postgres(isolation='commit') cannot have faults: its connections go straight to the "
            "server\n"
            "  likely cause: it was declared without proxied=True\n"
            "  next: write Postgres(isolation='commit', proxied=True)",
            self.lease_error(Postgres(isolation="commit")),
        )

    def test_an_action_without_a_connection_has_nothing_to_lose(self):
        text = self.refused(lambda dsn: None)
        self.assertRegex(
            text,
            r"^the action made no connection to Postgres\(.*\): there is nothing to lose\n"
            "  likely cause: it uses another service, or a connection that was opened elsewhere\n"
            r"  next: have it connect by itself each time: pay\(self.db.dsn, \.\.\.\)$",
        )

    def test_an_action_that_uses_an_open_connection_fails_in_the_clean_run(self):
        import psycopg

        with contextlib.closing(psycopg.connect(self.db.dsn)) as connection:
            with self.assertRaises(psycopg.OperationalError) as raised:
                self.swept(lambda dsn: run(connection, DEBIT), self.accept)
            self.assertEqual(
                ["this was the clean run of a sweep, with nothing lost"],
                raised.exception.__notes__,
            )

    def test_an_action_that_is_not_repeatable_is_told_with_what_differs(self):
        statements = iter(["select 1", "select now()"])

        def action(dsn):
            with contextlib.closing(connect(dsn)) as connection:
                connection.autocommit = True
                run(connection, next(statements))

        self.assertEqual(
            "the action is not repeatable: request 4 was Query 'select 1', now Query "
            "'select now()'\n"
            "  likely cause: what it does depends on time, on chance, on threads or on data that "
            "is not put back\n"
            "  next: put other data back by reset=, and have it connect anew in each run",
            self.refused(action, only="1:4:request"),
        )

    def test_an_action_that_waits_for_ever_is_ended(self):
        def action(dsn):
            with contextlib.closing(connect(dsn)) as connection:
                run(connection, "select pg_sleep(0.5)")

        self.assertRegex(
            self.refused(action, within=0.2),
            r"^the action did not end within 0.2 s: the clean run\n"
            "  likely cause: it tries for ever, or waits for what does not come\n"
            "  next: give it a number of tries or a time-out, or the sweep a longer `within`$",
        )

    def test_an_action_that_tries_for_ever_is_ended(self):
        def action(dsn):
            while True:
                try:
                    raise OSError("not yet")
                except Exception:
                    continue

        with mock.patch.object(deadline, "GRACE", 0.01):
            self.assertIn("the action did not end within 0.05 s", self.refused(action, within=0.05))
        transfer(self.db.dsn)

    def test_a_failed_check_of_the_clean_run_is_told_at_once(self):
        with self.assertRaises(AssertionError) as raised:
            self.swept(pay, lambda cut: self.assertEqual(11, self.paid()))
        self.assertEqual("11 != 10", str(raised.exception))

    def test_an_error_of_the_check_names_the_point(self):
        def check(cut):
            if cut.point:
                raise LookupError("no such row")

        with self.assertRaises(LookupError) as raised:
            self.swept(pay, check)
        self.assertEqual(
            ['after the loss of the request of turn 1 Startup; repeat with only="1:1:request"'],
            raised.exception.__notes__,
        )

    def test_a_loop_without_its_block_is_an_error(self):
        with self.assertRaises(FaultError) as raised:
            for _ in self.db.sweep(lambda: pay(self.db.dsn)):
                pass
        self.assertEqual(
            "sweep(): nothing was run in a turn of the loop\n"
            "  next: write `with cut:` in the loop: for cut in self.db.sweep(...)",
            str(raised.exception),
        )

    def test_a_block_that_stands_twice_in_its_loop_is_an_error(self):
        with self.assertRaises(FaultError) as raised:
            for cut in self.db.sweep(lambda: pay(self.db.dsn)):
                with cut:
                    pass
                with cut:
                    pass
        self.assertEqual(
            "this run of the sweep is over\n"
            "  likely cause: `with cut:` stands twice in the loop\n"
            "  next: write both checks in one block: it runs the action once",
            str(raised.exception),
        )

    def test_arguments_that_cannot_be_are_errors(self):
        for how, said in (
            ({"by": "packet"}, "by='packet' is no unit\n  next: write 'turn' or 'message'"),
            (
                {"lose": "both"},
                "lose='both' cannot be lost\n  next: write 'request' or 'response'",
            ),
            (
                {"lose": ()},
                "lose=() loses nothing\n  next: write lose='response', or leave it out",
            ),
            (
                {"max_points": 0},
                "max_points=0: nothing would be tried\n  next: write 1 or more",
            ),
            ({"within": 0}, "within=0 is no time\n  next: write seconds, such as 10"),
            ({"within": math.inf}, "within=inf is no time\n  next: write seconds, such as 10"),
        ):
            with self.subTest(how):
                self.assertEqual(said, self.refused(pay, **how))

    def test_an_action_that_was_called_is_none(self):
        with self.assertRaises(FaultError) as raised:
            self.db.sweep(pay(self.db.dsn))
        self.assertEqual(
            "sweep(None): that is no action\n"
            "  likely cause: what it returned was given, instead of what is called\n"
            "  next: write sweep(lambda: pay(...))",
            str(raised.exception),
        )

    def test_a_fault_in_the_loop_is_an_error(self):
        with self.assertRaises(FaultError) as raised:
            self.swept(pay, lambda cut: self.db.toxics.latency(ms=1).__enter__())
        self.assertIn("has no other faults in a sweep", str(raised.exception))

    def test_a_sweep_in_the_loop_of_another_one_of_the_service_is_an_error(self):
        inner = self.db.sweep(lambda: pay(self.db.dsn))
        for check in (
            lambda cut: next(iter(inner)),
            lambda cut: self.swept(pay, self.accept),
        ):
            with self.assertRaises(FaultError) as raised:
                self.swept(pay, check)
            self.assertIn("has no other faults in a sweep", str(raised.exception))
        self.assertEqual(0, self.paid())
        pay(self.db.dsn)

    def test_a_port_that_is_taken_meanwhile_is_told(self):
        given_up = sweeping.given_up

        @contextlib.contextmanager
        def taken(visit):
            with given_up(visit) as places, socket.create_server(places[0].listen):
                yield places

        with (
            mock.patch.object(sweeping, "given_up", taken),
            mock.patch.object(relay, "PATIENCE", 0.05),
        ):
            text = self.refused(pay)
        self.assertRegex(
            text,
            r"^Postgres\(.*\) cannot be swept: .*Address already in use.*\n"
            "  likely cause: the sweep listens in the place of the fault proxy: another program "
            "has taken that meanwhile, or it is on another machine\n"
            "  next: run the test again, or unset TOXIPROXY_URL for a fault proxy of our own$",
        )
        self.swept(pay, self.accept, max_points=1)

    def test_sweeps_that_are_not_ended_are_ended_with_the_test(self):
        case = self

        class Inner(Sweeping, HarnessTestCase):
            db = self.db.service

            def test_a(self):
                self.db.sweep(print)
                case.begun = iter(self.db.sweep(lambda: pay(self.db.dsn)))
                next(case.begun)
                self.db.sweep(print)

            def test_b(self):
                case.assertEqual(0, self.paid())
                self.swept(pay, self.accept, max_points=1)

        result = self.run_inner(Inner)
        self.assertTrue(result.wasSuccessful(), result.text)

    def test_a_sweep_is_iterated_once(self):
        sweep = self.db.sweep(lambda: pay(self.db.dsn), max_points=1)
        for cut in sweep:
            with cut:
                pass
        with self.assertRaises(FaultError) as raised:
            next(iter(sweep))
        self.assertEqual(
            "this sweep is over\n  next: call sweep() anew for each loop", str(raised.exception)
        )

    def test_a_structure_that_the_test_has_changed_cannot_be_put_back(self):
        self.db.execute("create table more (id int)")
        with self.assertRaises(LeaseError) as raised:
            self.swept(pay, self.accept)
        self.assertIn(
            "the structure of the database was changed in the test before its sweep\n"
            "    new or altered: table more\n"
            "    pg_attribute: 7 row(s) written, 7 more than before\n"
            "    pg_class: 1 row(s) written, 1 more than before\n",
            str(raised.exception),
        )

    def test_what_a_changed_structure_differs_in_is_told(self):
        for statement, told in (
            ("drop table keys, payments", "    gone: keys, payments, payments_id_seq"),
            ("alter table keys rename to others", "    new or altered: table others"),
            ("alter database {} set work_mem = '3MB'", "    its owner, rights, limits, settings"),
            ("reindex table pg_class", "    its catalogs lie in other files: vacuum full, reindex"),
        ):
            with self.subTest(statement):
                self.check_told(statement, told)

    def check_told(self, statement, told):
        with self.environment.lease(type(self).db) as lease:
            lease.execute(statement.format(lease.database))
            with self.assertRaises(LeaseError) as raised:
                next(iter(lease.sweep(lambda: pay(lease.dsn))))
        self.assertEqual(told, str(raised.exception).splitlines()[1][: len(told)])

    def test_writes_of_the_test_that_are_not_committed_are_told_first(self):
        self.db.connection.cursor().execute(PAY)
        with self.assertRaises(IsolationError):
            self.swept(pay, self.accept)
        self.db.connection.rollback()

    def test_under_tls_there_are_turns_and_no_messages(self):
        import psycopg

        def action(dsn):
            with contextlib.suppress(psycopg.OperationalError):
                psycopg.connect(dsn, sslmode="require")

        self.assertGreater(self.swept(action, self.accept), 1)
