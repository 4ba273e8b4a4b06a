"""What the tests of the checkout have in common: its four dependencies, and a shop on them."""

import json
import sys
from urllib.request import urlopen

from shop import cache
from shop.bank import Bank
from shop.cache import Cache
from shop.catalog import Catalog
from shop.checkout import Checkout
from shop.database import Database
from shop.events import Publisher

from harness import HarnessTestCase, Http, Kafka, Postgres, Process, Redis


class CheckoutTestCase(HarnessTestCase):
    """A test with a shop of its own, whose four dependencies are real.

    The shop reaches each of them through a fault proxy. The test itself looks past that: with the
    methods of `self.db`, `self.cache` and `self.events`, and with `charges()`.
    """

    db = Postgres(migrations="migrations", isolation="commit", driver="psycopg", proxied=True)
    cache = Redis(proxied=True)
    events = Kafka(proxied=True)
    bank = Process([sys.executable, "bank.py", "{port}"], ready=Http("/"), proxied=True)

    def setUp(self):
        """Open a shop."""
        self.checkout = self.new_checkout()

    def new_checkout(self, patience=5.0):
        """Return the checkout of a shop that has just been opened.

        It waits so many seconds, real ones, for an answer of Redis or the bank.
        """
        database = self.new_database()
        client = cache.connect(self.cache.url, timeout=patience)
        self.addCleanup(client.close)
        bank = Bank(self.bank.url("http"), self.clock, timeout=patience)
        return Checkout(database, Catalog(database, Cache(client)), bank)

    def new_database(self):
        """Return a database that has not been connected to yet."""
        database = Database(self.db.dsn, self.clock)
        self.addCleanup(database.close)
        return database

    def new_publisher(self, topic, patience=5.0):
        """Return what sends the shop's events to a topic."""
        return Publisher(self.events.bootstrap_servers, topic, timeout=patience)

    def order(self, *, balance=100, price=250):
        """Return an order that waits to be paid: by default, 100 from credit and 150 by card."""
        account = self.db.make("accounts", balance=balance)
        product = self.db.make("products", price=price, stock=5)
        return self.db.make("orders", account=account, product=product, total=price)

    def charges(self, order):
        """Return what the bank has charged for an order."""
        with urlopen(self.bank.instance.url("http", "/charges")) as answer:
            charges = json.load(answer)
        return [charge["amount"] for charge in charges if charge["order"] == str(order.id)]

    def assertPaidOnce(self, order):  # noqa: N802 - unittest's style
        """Check that an order of 250 is paid: everywhere, and nowhere twice."""
        self.assertRow(self.db, "payments", {"order_id": order.id}, status="paid")
        self.assertRow(self.db, "accounts", {"id": order.account_id}, balance=0)
        self.assertRow(self.db, "products", {"id": order.product_id}, stock=4)
        self.assertRow(self.db, "events", {"order_id": order.id}, name="paid")
        self.assertEqual([150], self.charges(order))

    def assertUntouched(self, order):  # noqa: N802 - unittest's style
        """Check that nobody has lost anything for an order."""
        self.assertRow(self.db, "accounts", {"id": order.account_id}, balance=100)
        self.assertRow(self.db, "products", {"id": order.product_id}, stock=5)
        self.assertNoRow(self.db, "events", {"order_id": order.id})
        self.assertEqual([], self.charges(order))
