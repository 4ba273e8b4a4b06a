"""`Factory`: what a user declares of a class, and what was declared."""

from __future__ import annotations

import functools
import sys
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, TypeVar

from harness.data.factories.declarations import Trait
from harness.errors import FactoryError

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Blueprint:
    """All that is declared of the objects of a class.

    Attributes:
        model: The class.
        name: What errors call it: the class's name, or that of a further factory.
        table: Its table; None to find it by the class's name.
        columns: The columns that have another name than their attribute, by attribute.
        declared: Values and declarations, by attribute.
        traits: Traits by name.
    """

    model: type
    name: str
    table: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    declared: Mapping[str, Any] = field(default_factory=dict)
    traits: Mapping[str, Trait] = field(default_factory=dict)

    def column(self, attribute: str) -> str:
        """Return the column of an attribute."""
        return self.columns.get(attribute, attribute)


_speaking: dict[type, list[type[Factory[Any]]]] = {}  # those that speak for a class, by class


class Factory(Generic[T]):
    """How the objects of a class are made: a subclass says it attribute by attribute.

    An attribute is a plain value or one of `sequence`, `lazy`, `drawn`, `related`, `children`;
    `trait` names a group of values. Of what is not declared, the class's own default holds, and
    else the schema decides. A factory that inherits from another one has all that it says, and is
    made by its own name: `db.make(AdminFactory)`.

    Args:
        table: The table; guessed from the class's name if not given.
        columns: Names of columns that differ from their attribute's, by attribute.
        default: Whether `db.make(Account)` means this factory; so it does where it names the class
            itself, unless it is declared in a function, for what is made there.

    Raises:
        FactoryError: Something in the body cannot be a declaration.

    Example:
        ::

            class AccountFactory(Factory[Account], table="accounts"):
                email = sequence("account{}@example.com")
                balance = 0
                owner = related(User)
                paid = trait(status="paid")


            account = self.db.make(Account, "paid", balance=1000)
    """

    _blueprint: ClassVar[Blueprint | None] = None

    def __init_subclass__(
        cls,
        *,
        table: str | None = None,
        columns: Mapping[str, str] | None = None,
        default: bool | None = None,
    ) -> None:
        super().__init_subclass__()
        named = named_model(cls)
        inherited = cls._blueprint
        model = named or (inherited.model if inherited else None)
        if model is None:
            return  # a base of factories
        speaks = (named is not None and is_for_all(cls, named)) if default is None else default
        says = {} if inherited is None else inherited.columns
        cls._blueprint = Blueprint(
            model,
            model.__name__ if speaks else cls.__name__,
            table or (inherited.table if inherited else None),
            {**says, **(columns or {})},
            *declarations(cls),
        )
        if speaks:
            speak_for(model, cls)

    def __new__(cls, *arguments: Any, **overrides: Any) -> Factory[T]:
        """Refuse: a factory makes nothing without a database.

        Raises:
            FactoryError: Always.
        """
        raise FactoryError(
            f"{cls.__name__}(...) was called, which makes nothing",
            hint=f"db.make({cls.__name__}, ...), with the lease of a test as db",
        )


def named_model(factory: type) -> type | None:
    """Return the class that `Factory[...]` names among a factory's bases."""
    for base in factory.__dict__.get("__orig_bases__", ()):
        origin = typing.get_origin(base)
        if isinstance(origin, type) and issubclass(origin, Factory):
            (argument,) = typing.get_args(base)
            return argument if isinstance(argument, type) else None
    return None


def is_for_all(factory: type, model: type) -> bool:
    """Tell whether a factory is one for all tests: what one test declares must not change others.

    A class that is declared in a function too is known to nobody else.
    """
    local = "<locals>"
    return local not in factory.__qualname__ or local in model.__qualname__


def declarations(factory: type) -> tuple[dict[str, Any], dict[str, Trait]]:
    """Return what a factory and its bases declare: (attributes, traits)."""
    found: dict[str, Any] = {}
    for base in reversed(factory.__mro__):
        if base not in (object, Generic, Factory):
            found |= {name: value for name, value in vars(base).items() if name[0] != "_"}
    for name, value in found.items():
        check_declaration(factory, name, value)
    traits = {name: value for name, value in found.items() if isinstance(value, Trait)}
    return {name: value for name, value in found.items() if name not in traits}, traits


NO_VALUES = {
    types.FunctionType: "write @lazy above it",
    staticmethod: "write @lazy above it, instead",
    classmethod: "write @lazy above it, instead",
    property: "write @lazy above it, instead",
}


def check_declaration(factory: type, name: str, value: Any) -> None:
    """Do nothing for what can be a declaration.

    Raises:
        FactoryError: It is a function or a class, as other libraries have them.
    """
    hint = NO_VALUES.get(type(value))
    if isinstance(value, type):
        hint = (
            "declare traits and attributes beside each other, and table and columns as "
            f"class {factory.__name__}(Factory[...], table='...', columns={{...}})"
        )
    if hint:
        raise FactoryError(f"{factory.__name__}.{name} is {value!r}, not a value", hint=hint)


def speak_for(model: type, factory: type[Factory[Any]]) -> None:
    """Have a factory speak for a class; one that was imported twice does so once."""
    others = [one for one in _speaking.get(model, ()) if origin_of(one) != origin_of(factory)]
    _speaking[model] = [*others, factory]


def origin_of(factory: type) -> tuple[str, str]:
    """Return what tells factories apart, however their module was imported."""
    module = sys.modules.get(factory.__module__)
    return getattr(module, "__file__", None) or factory.__module__, factory.__qualname__


def blueprint_of(what: Any) -> Blueprint:
    """Return what is declared of a class, or by a factory.

    Raises:
        FactoryError: Several factories speak for the class, or the factory for none.
    """
    if not isinstance(what, type):
        raise FactoryError(
            f"make({what!r}): neither the name of a table nor a class",
            hint='db.make("accounts"), db.make(Account) or db.make(AccountFactory)',
        )
    if issubclass(what, Factory):
        return what._blueprint or no_model(what)
    return blueprint_of_class(what)


def blueprint_of_class(model: type) -> Blueprint:
    """Return what the factory that speaks for a class says of it."""
    speaking = _speaking.get(model, [])
    if len(speaking) > 1:
        raise ambiguous(model, speaking)
    return (speaking[0]._blueprint if speaking else None) or undeclared(model)


@functools.cache
def undeclared(model: type) -> Blueprint:
    """Return the blueprint of a class of which nobody says anything."""
    return Blueprint(model, model.__name__)


def no_model(factory: type) -> Any:
    """Raise the error for a factory that names no class."""
    raise FactoryError(
        f"{factory.__name__} does not say which class it makes",
        hint=f"class {factory.__name__}(Factory[Account]): ...",
    )


def ambiguous(model: type, factories: list[type[Factory[Any]]]) -> FactoryError:
    """Return the error for a class that several factories speak for."""
    names = " and ".join(f"{one.__module__}.{one.__qualname__}" for one in factories)
    return FactoryError(
        f"{model.__name__} has {len(factories)} factories: {names}",
        hint=f"say which: db.make({factories[0].__name__}); "
        "or declare the others with default=False",
    )
