"""The checkout, while all goes well. Read this first."""

from uuid import uuid4

from shop.errors import DeclinedError, OutOfStockError, UnknownOrderError, UnknownProductError
from shop.events import Outbox

from harness.faults import latency, toxics
from tests.case import CheckoutTestCase


class CheckoutTest(CheckoutTestCase):
    def test_an_order_is_written_down_at_the_price_of_that_moment(self):
        account = self.db.make("accounts")
        product = self.db.make("products", price=250)

        order_id = self.checkout.place(account.id, product.id, quantity=2)

        self.assertRow(self.db, "orders", {"id": order_id}, account_id=account.id, total=500)

    def test_an_order_is_paid_from_credit_as_far_as_that_goes_and_by_card(self):
        order = self.order(balance=100, price=250)

        self.checkout.pay(order.id)

        self.assertRow(self.db, "payments", {"order_id": order.id}, credit=100, card=150)
        self.assertPaidOnce(order)

    def test_no_card_is_charged_where_the_credit_is_enough(self):
        order = self.order(balance=1000, price=250)

        self.checkout.pay(order.id)

        self.assertRow(self.db, "accounts", {"id": order.account_id}, balance=750)
        self.assertEqual([], self.charges(order))

    def test_paying_again_changes_nothing(self):
        order = self.order()

        self.checkout.pay(order.id)
        self.checkout.pay(order.id)

        self.assertPaidOnce(order)

    def test_paying_publishes_one_event(self):
        topic = self.events.topic("orders")
        order = self.order()
        self.checkout.pay(order.id)

        outbox = Outbox(self.checkout.database, self.new_publisher(topic))
        self.assertEqual(1, outbox.publish())
        self.assertEqual(0, outbox.publish())

        (event,) = self.events.records(topic)
        self.assertEqual((str(order.id), "paid"), (event.key.decode(), event.value.decode()))

    def test_a_refused_card_gives_everything_back(self):
        order = self.order(balance=100, price=200_000)

        for _ in range(2):
            with self.assertRaises(DeclinedError):
                self.checkout.pay(order.id)

        self.assertRow(self.db, "payments", {"order_id": order.id}, status="declined")
        self.assertUntouched(order)

    def test_what_is_out_of_stock_is_not_paid(self):
        order = self.order()
        self.db.execute("update products set stock = 0")

        with self.assertRaises(OutOfStockError):
            self.checkout.pay(order.id)

        self.assertRow(self.db, "accounts", {"id": order.account_id}, balance=100)
        self.assertEqual([], self.charges(order))

    def test_what_there_is_not_can_be_neither_ordered_nor_paid(self):
        with self.assertRaises(UnknownProductError):
            self.checkout.place(account_id=1, product_id=4711)
        with self.assertRaises(UnknownOrderError):
            self.checkout.pay(uuid4())


class CatalogTest(CheckoutTestCase):
    def setUp(self):
        super().setUp()
        self.tea = self.db.make("products", name="tea", price=250)

    def test_a_product_is_remembered_for_a_minute(self):
        self.assertEqual(250, self.checkout.catalog.find(self.tea.id).price)
        self.db.execute("update products set price = 300")

        self.assertEqual(250, self.checkout.catalog.find(self.tea.id).price)
        self.assertEqual([f"product:{self.tea.id}"], self.cache.keys())
        self.assertLessEqual(self.cache.client.ttl(f"product:{self.tea.id}"), 60)

    def test_what_was_sold_is_counted_and_looked_up_anew(self):
        order = self.order()
        self.checkout.catalog.find(order.product_id)

        self.checkout.pay(order.id)

        self.assertEqual([f"sold:{order.product_id}"], self.cache.keys())
        self.assertEqual(b"1", self.cache.client.get(f"sold:{order.product_id}"))
        self.assertEqual(4, self.checkout.catalog.find(order.product_id).stock)


@toxics("db", latency(ms=3, jitter_ms=2))
@toxics("cache", latency(ms=3, jitter_ms=2))
@toxics("events", latency(ms=3, jitter_ms=2))
@toxics("bank", latency(ms=3, jitter_ms=2))
class SlowNetworkTest(CheckoutTest):
    """All of that once more, where nothing is as near as it is on a developer's machine."""
