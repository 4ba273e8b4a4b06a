"""One test for a database that is quick and for one that is not."""

import time
from concurrent.futures import ThreadPoolExecutor

from tests.case import CheckoutTestCase


class SlowDatabaseTest(CheckoutTestCase):
    """`assertEventually` waits for as long as it takes, and not a moment longer.

    So the same steps pass in some hundredths of a second with the database as it is, and in some
    seconds with one that takes half a second for each answer.
    """

    def test_an_order_appears_at_once(self):
        self.place_order_and_see_it()

    def test_an_order_appears_seconds_later_where_the_database_is_slow(self):
        self.place_order_and_see_it()
        began = time.monotonic()

        with self.db.toxics.latency(ms=500, jitter_ms=50):
            self.place_order_and_see_it()

        self.assertGreater(time.monotonic() - began, 2)

    def place_order_and_see_it(self):
        account, product = self.db.make("accounts"), self.db.make("products", price=250)
        with ThreadPoolExecutor() as background:
            placing = background.submit(self.checkout.place, account.id, product.id)
            self.assertEventually(
                lambda: self.assertRow(self.db, "orders", {"account_id": account.id}, total=250),
                within=20,
            )
        self.assertRow(self.db, "orders", {"id": placing.result()})
