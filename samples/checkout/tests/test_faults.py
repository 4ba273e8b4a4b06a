"""Each dependency slow, down, and lost in the middle of something.

The pauses between retries pass on `self.clock`, so they take no time.
"""

from shop.errors import UnavailableError
from shop.events import Outbox
from shop.resilience import PAUSES, BreakerOpenError

from harness.faults import down, latency, limit_data, reset_peer, timeout
from tests.case import CheckoutTestCase


class DatabaseTest(CheckoutTestCase):
    def test_while_it_is_down_nothing_is_paid(self):
        order = self.order()
        began = self.clock.monotonic()

        with self.db.toxics.down(), self.assertRaisesRegex(UnavailableError, "the database"):
            self.checkout.pay(order.id)

        self.assertAlmostEqual(sum(PAUSES), self.clock.monotonic() - began)
        self.assertUntouched(order)

    def test_a_connection_that_was_lost_is_opened_again(self):
        first, second = self.order(), self.order()
        self.checkout.pay(first.id)
        with self.db.toxics.down():
            pass

        self.checkout.pay(second.id)

        self.assertPaidOnce(second)

    def test_whatever_it_does_who_pays_again_has_paid_once(self):
        # In the middle of the greeting, of the first transaction, of the last one.
        cuts = [limit_data(bytes=300), limit_data(bytes=1000), limit_data(bytes=1200)]
        for fault in self.under(self.db, [down(), reset_peer(), timeout(ms=50), *cuts]):
            order = self.order()
            with fault:
                self.try_to_pay(order)
            self.checkout.pay(order.id)
            self.assertPaidOnce(order)

    def test_a_transaction_that_it_refuses_for_the_sake_of_another_is_tried_again(self):
        order = self.order()

        with (
            self.db.fail_next("deadlock_detected", on="update accounts"),
            self.db.fail_next("serialization_failure", on="commit"),
        ):
            self.checkout.pay(order.id)

        self.assertPaidOnce(order)

    def try_to_pay(self, order):
        try:
            self.checkout.pay(order.id)
        except UnavailableError:
            pass


class CacheTest(CheckoutTestCase):
    def test_whatever_it_does_orders_are_placed_and_paid(self):
        checkout = self.new_checkout(patience=0.1)
        faults = [latency(ms=300), down(), reset_peer(), limit_data(bytes=5)]
        for fault in self.under(self.cache, faults):
            order = self.order()
            with fault:
                self.assertEqual(250, checkout.catalog.find(order.product_id).price)
                checkout.pay(order.id)
            self.assertPaidOnce(order)

    def test_while_its_memory_is_full_orders_are_paid(self):
        order = self.order()

        with self.cache.fail_next("OOM", on="set"), self.cache.fail_next("OOM", on="incrby"):
            self.checkout.catalog.find(order.product_id)
            self.checkout.pay(order.id)

        self.assertPaidOnce(order)
        self.assertEqual([], self.cache.keys())

    def test_a_product_that_could_not_be_forgotten_is_old_for_a_minute_at_most(self):
        order = self.order()
        self.checkout.catalog.find(order.product_id)

        with self.cache.toxics.down():
            self.checkout.pay(order.id)

        self.assertEqual(5, self.checkout.catalog.find(order.product_id).stock)
        self.assertLessEqual(self.cache.client.ttl(f"product:{order.product_id}"), 60)


class BankTest(CheckoutTestCase):
    def test_whatever_it_does_who_pays_again_has_paid_once(self):
        faults = [latency(ms=300), down(), reset_peer(), timeout(ms=0), limit_data(bytes=40)]
        for fault in self.under(self.bank, faults):
            order = self.order()
            with fault, self.assertRaisesRegex(UnavailableError, "the bank: "):
                self.new_checkout(patience=0.05).pay(order.id)
            self.assertRow(self.db, "payments", {"order_id": order.id}, status="reserved")
            self.checkout.pay(order.id)
            self.assertPaidOnce(order)

    def test_a_bank_that_is_down_is_left_alone_for_a_minute(self):
        orders = [self.order() for _ in range(4)]
        with self.bank.toxics.down():
            for order in orders[:3]:
                self.assertRaises(UnavailableError, self.checkout.pay, order.id)

        with self.assertRaises(BreakerOpenError):
            self.checkout.pay(orders[3].id)
        self.assertEqual([], self.charges(orders[3]))

        self.clock.advance(minutes=1)
        for order in orders:
            self.checkout.pay(order.id)
            self.assertPaidOnce(order)


class KafkaTest(CheckoutTestCase):
    def setUp(self):
        super().setUp()
        self.topic = self.events.topic("orders")

    def publish(self, patience=5.0):
        publisher = self.new_publisher(self.topic, patience)
        return Outbox(self.checkout.database, publisher).publish()

    def test_a_slow_one_is_waited_for(self):
        self.checkout.pay(self.order().id)

        with self.events.toxics.latency(ms=50):
            self.assertEqual(1, self.publish())

        self.assertEqual(1, len(self.events.records(self.topic)))

    def test_what_it_could_not_be_told_it_is_told_later(self):
        for fault in self.under(self.events, [down(), reset_peer()]):
            order = self.order()
            with fault:
                self.checkout.pay(order.id)
                with self.assertRaisesRegex(UnavailableError, "Kafka"):
                    self.publish(patience=0.3)
            self.assertPaidOnce(order)
            self.assertEqual(1, self.publish())
            self.assertEqual(str(order.id), self.events.records(self.topic)[-1].key.decode())
