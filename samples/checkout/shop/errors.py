"""What may become of an order, beside being paid."""


class ShopError(Exception):
    """An order cannot be placed or paid."""


class DeclinedError(ShopError):
    """The bank refuses the charge."""


class OutOfStockError(ShopError):
    """There are fewer left than were ordered."""


class UnknownProductError(ShopError):
    """There is no such product."""


class UnknownOrderError(ShopError):
    """There is no such order."""


class UnavailableError(ShopError):
    """Something that it takes does not answer: it may be tried again later."""
