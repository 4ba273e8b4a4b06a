"""What becomes of an operation when any one of its requests, or of their answers, is lost.

A sweep runs it once as it is, and then once for each of them. Where the answer is lost, the server
has done what it was asked for, and nobody knows: whoever tries again must not do it twice.
"""

import redis
from redis.connection import parse_url
from shop import cache
from shop.cache import Cache
from shop.events import Outbox

from tests.case import CheckoutTestCase


class PaymentTest(CheckoutTestCase):
    def another_order(self):
        """Begin each run with an order of its own, which the bank has not seen yet."""
        self.waiting = self.order()

    def pay(self):
        self.new_checkout().pay(self.waiting.id)

    def test_whatever_the_database_does_not_hear_or_say_an_order_is_paid_once(self):
        for cut in self.db.sweep(self.pay, reset=self.another_order):
            with cut:
                self.assertIsNone(cut.error)
                self.assertPaidOnce(self.waiting)

    def test_whatever_the_bank_does_not_hear_or_say_an_order_is_paid_once(self):
        for cut in self.bank.sweep(self.pay, reset=self.another_order):
            with cut:
                self.assertIsNone(cut.error)
                self.assertPaidOnce(self.waiting)

    def test_without_an_idempotency_key_a_payment_is_made_twice(self):
        account = self.db.make("accounts", balance=1000)

        def debit(connection):  # nothing in it tells a second try from a second payment
            take = "update accounts set balance = balance - 250 where id = %s"
            connection.execute(take, [account.id])

        with self.assertRaises(AssertionError) as raised:
            for cut in self.db.sweep(lambda: self.new_database().run(debit)):
                with cut:
                    self.assertRow(self.db, "accounts", {"id": account.id}, balance=750)

        found = str(raised.exception)
        self.assertRegex(found, r"fails at 1 of \d+ losses")
        self.assertRegex(found, r"lost: response of turn \d+ 'COMMIT'")
        self.assertIn("the action succeeded", found)
        self.assertIn("balance: 500, expected 750", found)


class EventTest(CheckoutTestCase):
    def another_event(self):
        self.event = self.db.make("events", order=self.order(), name="paid")

    def test_whatever_the_database_does_not_say_an_event_has_one_id(self):
        topic = self.events.topic("orders")
        publisher = self.new_publisher(topic)

        def publish():
            return Outbox(self.new_database(), publisher).publish()

        for cut in self.db.sweep(publish, lose="response", reset=self.another_event):
            with cut:
                self.assertIsNone(cut.error)
                self.assertEqual({str(self.event.id)}, self.ids(topic))

    def ids(self, topic):
        """Return the ids under which the event has come, were it twice or once."""
        key = str(self.event.order_id).encode()
        events = [event for event in self.events.records(topic) if event.key == key]
        return {dict(event.headers)["id"].decode() for event in events}


class CounterTest(CheckoutTestCase):
    def sweep(self, connect):
        """Count one sale, with a client of its own, whatever Redis does not hear or say."""

        def count():
            with connect() as client:
                Cache(client).count("sold:tea", 1)

        for cut in self.cache.sweep(count):
            with cut:
                self.assertIn(self.cache.client.get("sold:tea"), (None, b"1"))

    def test_a_client_of_the_shop_counts_a_sale_once_at_most(self):
        self.sweep(lambda: cache.connect(self.cache.url))

    def test_a_client_with_the_defaults_of_redis_py_counts_it_twice(self):
        with self.assertRaises(AssertionError) as raised:
            self.sweep(lambda: redis.Redis(**parse_url(self.cache.url)))

        found = str(raised.exception)
        self.assertRegex(found, r"fails at 1 of \d+ losses")
        self.assertRegex(found, r"lost: response of turn \d+ 'INCRBY sold:tea 1'")
