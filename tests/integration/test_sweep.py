"""Losing each request and each response of an action: what that finds, and what it does not."""

import contextlib

import pg8000.dbapi

from harness import HarnessTestCase, Postgres
from tests.integration.providers import on_every_provider_and_proxy

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


@on_every_provider_and_proxy
class SweepConformance:
    needed = Postgres()
    db = Postgres(migrations=make_schema, isolation="commit", proxied=True)

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

    def check_sum(self, cut):
        self.assertEqual(200, sum(self.balances().values()))

    def check_paid(self, cut):
        self.assertIn(self.paid(), (0, 10) if cut.error else (10,))

    def test_a_transfer_in_one_transaction_holds(self):
        self.assertGreater(self.swept(transfer, self.check_sum), 8)

    def test_a_transfer_in_two_transactions_does_not(self):
        with self.assertRaises(AssertionError) as raised:
            self.swept(transfer_in_two, self.check_sum)
        print(raised.exception)

    def test_a_payment_that_is_tried_again_is_paid_twice_where_the_answer_to_commit_is_lost(self):
        with self.assertRaises(AssertionError) as raised:
            self.swept(retried(pay), self.check_paid)
        print(raised.exception)

    def test_a_payment_with_an_idempotency_key_is_paid_once(self):
        self.swept(retried(pay_with_key), self.check_paid)

    def test_ten(self):
        import time
        for by in "turn", "message":
            t = time.monotonic()
            n = self.swept(ten, self.check_sum, by=by)
            print(by, n, time.monotonic() - t)
