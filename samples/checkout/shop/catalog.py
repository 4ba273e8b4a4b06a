"""Products, from Postgres by way of Redis."""

import json
from dataclasses import asdict, dataclass

from shop.cache import Cache
from shop.database import Connection, Database
from shop.errors import UnknownProductError

KEPT = 60  # seconds


@dataclass(frozen=True)
class Product:
    """Something to buy, as the shop shows it."""

    id: int
    name: str
    price: int
    stock: int


class Catalog:
    """All products, each remembered for a minute.

    Args:
        database: Where they are.
        cache: Where they are remembered, and their sales counted.
    """

    def __init__(self, database: Database, cache: Cache) -> None:
        self._database = database
        self._cache = cache

    def find(self, product_id: int) -> Product:
        """Return a product.

        Raises:
            UnknownProductError: There is none of that number.
            UnavailableError: It is not remembered, and the database does not answer.
        """
        known = self._cache.get(f"product:{product_id}")
        if known is not None:
            return Product(**json.loads(known))
        product = self._database.run(lambda connection: load(connection, product_id))
        self._cache.put(f"product:{product_id}", json.dumps(asdict(product)), seconds=KEPT)
        return product

    def sold(self, product_id: int, quantity: int) -> None:
        """Count a sale for the list of bestsellers, and forget how many were left before it."""
        self._cache.forget(f"product:{product_id}")
        self._cache.count(f"sold:{product_id}", quantity)


def load(connection: Connection, product_id: int) -> Product:
    """Read a product from the database.

    Raises:
        UnknownProductError: There is none of that number.
    """
    row = connection.execute(
        "select id, name, price, stock from products where id = %s", [product_id]
    ).fetchone()
    if row is None:
        raise UnknownProductError(f"there is no product {product_id}")
    return Product(*row)
