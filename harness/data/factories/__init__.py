"""Factories: how the objects of a class are made, with their rows, for `db.make(Account)`.

::

    class AccountFactory(Factory[Account]):
        email = sequence(lambda n: f"account{n}@example.com")
        balance = 0
        owner = related(User)
        paid = trait(status="paid", balance=drawn(lambda rng: rng.randrange(1, 1000)))


    account = self.db.make(Account, "paid", owner__name="Ada")
"""

from harness.data.factories.declarations import (
    children,
    drawn,
    lazy,
    related,
    sequence,
    trait,
)
from harness.data.factories.factory import Factory
from harness.data.factories.making import make_object, make_objects

__all__ = [
    "Factory",
    "children",
    "drawn",
    "lazy",
    "make_object",
    "make_objects",
    "related",
    "sequence",
    "trait",
]
