"""The checkout: what a customer does with orders."""

from dataclasses import dataclass
from uuid import UUID, uuid4

from shop import orders
from shop.bank import Bank
from shop.catalog import Catalog
from shop.database import Database
from shop.errors import DeclinedError
from shop.orders import Payment


@dataclass(frozen=True)
class Checkout:
    """Places orders, and has them paid.

    An order is paid in three steps, each of which may be repeated: credit and stock are set aside,
    the card is charged with what the credit does not cover, the payment is settled. Whoever stops
    in between, for want of the database or the bank, pays again and goes on from there.
    """

    database: Database
    catalog: Catalog
    bank: Bank

    def place(self, account_id: int, product_id: int, quantity: int = 1) -> UUID:
        """Write an order down; return its identity, by which it is paid.

        Raises:
            UnknownProductError: There is no such product.
            UnavailableError: The database does not answer.
        """
        product = self.catalog.find(product_id)
        order_id = uuid4()
        self.database.run(
            lambda connection: orders.place(connection, order_id, account_id, product, quantity)
        )
        return order_id

    def pay(self, order_id: UUID) -> None:
        """Pay an order, once, however often this is called.

        Raises:
            DeclinedError: The bank refuses the charge; what was set aside is given back.
            OutOfStockError: There is not enough left.
            UnknownOrderError: There is no such order.
            UnavailableError: The database or the bank does not answer. Pay again later.
        """
        payment = self.database.run(lambda connection: orders.reserve(connection, order_id))
        if payment.status == "declined":
            raise DeclinedError(f"order {order_id} was declined before")
        if payment.status == "reserved":
            self._charge(payment)
            self._settle(payment)

    def _charge(self, payment: Payment) -> None:
        if not payment.card:
            return
        try:
            self.bank.charge(payment.order_id, payment.card)
        except DeclinedError:
            self.database.run(lambda connection: orders.decline(connection, payment.order_id))
            raise

    def _settle(self, payment: Payment) -> None:
        if self.database.run(lambda connection: orders.settle(connection, payment.order_id)):
            self.catalog.sold(payment.product_id, payment.quantity)
