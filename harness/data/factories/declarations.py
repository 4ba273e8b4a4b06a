"""What a factory can say of an attribute, beside a plain value.

The functions here are typed `Any`: a factory that inherits from another may say something else of
the same attribute, which a type checker would refuse of two different types.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol


class Attempt(Protocol):
    """The object in the making, as far as a declaration has to know it."""

    number: int

    @property
    def attributes(self) -> Any:
        """The other attributes, each computed when it is read."""

    def rng(self, name: str) -> random.Random:
        """Return random numbers of one attribute's own."""


class Declaration:
    """How to compute an attribute."""

    def value(self, attempt: Attempt, name: str) -> Any:
        """Return what the attribute of that name is, of that object."""
        raise NotImplementedError


@dataclass(frozen=True)
class Sequence(Declaration):
    """A value by the number of the object."""

    of_number: Callable[[int], Any]

    def value(self, attempt: Attempt, name: str) -> Any:
        """Return the value of the object's number."""
        return self.of_number(attempt.number)


@dataclass(frozen=True)
class Lazy(Declaration):
    """A value by the other attributes."""

    of_attributes: Callable[[Any], Any]

    def value(self, attempt: Attempt, name: str) -> Any:
        """Return the value, from the attributes that it reads."""
        return self.of_attributes(attempt.attributes)


@dataclass(frozen=True)
class Drawn(Declaration):
    """A value by random numbers."""

    of_rng: Callable[[random.Random], Any]

    def value(self, attempt: Attempt, name: str) -> Any:
        """Return a value of the test's own randomness."""
        return self.of_rng(attempt.rng(name))


@dataclass(frozen=True)
class Relation:
    """Other objects, and which of their columns refer to which attributes."""

    what: Any
    traits: tuple[str, ...] = ()
    overrides: Mapping[str, Any] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict)

    def by(self, **keys: str) -> Any:
        """Say which columns refer to which attributes.

        Args:
            keys: The attribute that is referred to, by the column that refers.
        """
        return replace(self, keys=keys)


@dataclass(frozen=True)
class Related(Relation):
    """Another object, which this one refers to."""

    def keys_of(self, name: str) -> Mapping[str, str]:
        """Return the attributes that are referred to, by this object's columns."""
        column = name if name.endswith("_id") else f"{name}_id"
        return self.keys or {column: "id"}


@dataclass(frozen=True)
class Children(Relation):
    """Objects that refer to this one, made after it."""

    count: int = 1


@dataclass(frozen=True)
class Trait:
    """Values under a name, to ask for together."""

    values: Mapping[str, Any]


def sequence(of_number: Callable[[int], Any] | str) -> Any:
    """Declare a value that differs for each object of a class.

    Args:
        of_number: Returns the value for a number, which starts at 1 in each test; or a text with
            `{}` where the number goes.

    Example:
        ::

            email = sequence("user{}@example.com")
    """
    return Sequence(of_number.format if isinstance(of_number, str) else of_number)


def lazy(of_attributes: Callable[[Any], Any]) -> Any:
    """Declare a value that follows from other attributes; also a decorator.

    Args:
        of_attributes: Returns the value; its argument has the other attributes.

    Example:
        ::

            email = lazy(lambda user: f"{user.name}@example.com")
    """
    return Lazy(of_attributes)


def drawn(of_rng: Callable[[random.Random], Any]) -> Any:
    """Declare a random value, the same for the same seed and test.

    Args:
        of_rng: Returns the value; its argument are random numbers of this attribute alone.

    Example:
        ::

            balance = drawn(lambda rng: rng.randrange(1000))
    """
    return Drawn(of_rng)


def related(what: type | str, /, *traits: str, **overrides: Any) -> Any:
    """Declare an object that this one refers to; made unless it is given.

    The column is the attribute's name with `_id`, and it refers to the other's `id`; what differs
    is said with `by`.

    Args:
        what: Its class, its factory or, for a mere row, its table.
        traits: Traits to make it with.
        overrides: Attributes to make it with.

    Example:
        ::

            owner = related(User, "admin", name="Ada")
            region = related(Region).by(region_code="code")
    """
    return Related(what, traits, overrides)


def children(what: type | str, count: int = 1, /, *traits: str, **overrides: Any) -> Any:
    """Declare objects that refer to this one, made after it.

    They refer to it by the relation that their factory declares; without one by the column of the
    parent's class name with `_id`; what differs is said with `by`.

    Args:
        what: Their class, their factory or, for mere rows, their table.
        count: How many.
        traits: Traits to make them with.
        overrides: Attributes to make them with.

    Example:
        ::

            lines = children(Line, 3, price=100)
            notes = children("notes", 2).by(about="id")
    """
    return Children(what, traits, overrides, count=count)


def trait(**values: Any) -> Any:
    """Declare values that `db.make(Order, "paid")` asks for together.

    Args:
        values: Values or declarations by attribute; later traits win over earlier ones.

    Example:
        ::

            paid = trait(status="paid", paid_at=NOON)
    """
    return Trait(values)
