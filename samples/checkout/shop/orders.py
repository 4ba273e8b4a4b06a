"""Orders and their payments in Postgres: each function is the work of one transaction.

Each may be run again when it is not known whether it was committed, and then changes nothing.
"""

from dataclasses import dataclass
from uuid import UUID

import psycopg

from shop.catalog import Product
from shop.database import Connection
from shop.errors import OutOfStockError, UnknownOrderError

RESERVE = """
insert into payments (order_id, credit, card)
select o.id, least(a.balance, o.total), o.total - least(a.balance, o.total)
from orders o join accounts a on a.id = o.account_id
where o.id = %s
for update of a
on conflict (order_id) do nothing
returning credit
"""
TAKE_CREDIT = """
update accounts a set balance = balance - p.credit
from orders o join payments p on p.order_id = o.id
where o.id = %s and a.id = o.account_id
"""
TAKE_STOCK = """
update products p set stock = stock - o.quantity
from orders o where o.id = %s and p.id = o.product_id
"""
GIVE_CREDIT = TAKE_CREDIT.replace("balance - ", "balance + ")
GIVE_STOCK = TAKE_STOCK.replace("stock - ", "stock + ")
PAYMENT = """
select p.order_id, o.product_id, o.quantity, p.credit, p.card, p.status
from payments p join orders o on o.id = p.order_id
where o.id = %s
"""


@dataclass(frozen=True)
class Payment:
    """How an order is paid: so much of the account's credit, and the rest by card."""

    order_id: UUID
    product_id: int
    quantity: int
    credit: int
    card: int
    status: str


def place(
    connection: Connection, order_id: UUID, account_id: int, product: Product, quantity: int
) -> None:
    """Write an order down, under an identity that it was given before."""
    connection.execute(
        "insert into orders (id, account_id, product_id, quantity, total) "
        "values (%s, %s, %s, %s, %s) on conflict (id) do nothing",
        [order_id, account_id, product.id, quantity, quantity * product.price],
    )


def reserve(connection: Connection, order_id: UUID) -> Payment:
    """Set credit and stock aside for an order, and return its payment as it stands.

    Raises:
        OutOfStockError: There is not enough left.
        UnknownOrderError: There is no such order.
    """
    if connection.execute(RESERVE, [order_id]).fetchone():
        connection.execute(TAKE_CREDIT, [order_id])
        take_stock(connection, order_id)
    row = connection.execute(PAYMENT, [order_id]).fetchone()
    if row is None:
        raise UnknownOrderError(f"there is no order {order_id}")
    return Payment(*row)


def take_stock(connection: Connection, order_id: UUID) -> None:
    """Set the ordered quantity aside.

    Raises:
        OutOfStockError: There is not enough left.
    """
    try:
        connection.execute(TAKE_STOCK, [order_id])
    except psycopg.errors.CheckViolation as error:
        raise OutOfStockError(f"not enough left for order {order_id}") from error


def settle(connection: Connection, order_id: UUID) -> bool:
    """Make a reserved payment a paid one; tell whether it was reserved until now."""
    if not leave_reserved(connection, order_id, "paid"):
        return False
    connection.execute("insert into events (order_id, name) values (%s, 'paid')", [order_id])
    return True


def decline(connection: Connection, order_id: UUID) -> None:
    """Give back what was set aside for an order."""
    if leave_reserved(connection, order_id, "declined"):
        connection.execute(GIVE_CREDIT, [order_id])
        connection.execute(GIVE_STOCK, [order_id])


def leave_reserved(connection: Connection, order_id: UUID, status: str) -> bool:
    """Give a reserved payment its last status; tell whether it was reserved until now."""
    changed = connection.execute(
        "update payments set status = %s where order_id = %s and status = 'reserved'",
        [status, order_id],
    )
    return changed.rowcount == 1
