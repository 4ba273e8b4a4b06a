"""The fields of a class whose objects can be made: a dataclass, or one of attrs or Pydantic."""

from __future__ import annotations

import dataclasses
import functools
import sys
import types
import typing
from collections.abc import Callable, Iterator
from typing import Any

from harness.errors import FactoryError


@dataclasses.dataclass(frozen=True)
class Field:
    """An attribute that the constructor takes.

    Attributes:
        name: Its name.
        argument: Its name as an argument of the constructor.
        hint: Its type; None where that cannot be told.
        default: Makes its default; None where it is required.
    """

    name: str
    argument: str
    hint: Any
    default: Callable[[], Any] | None


@functools.cache
def fields_of(model: type) -> dict[str, Field]:
    """Return the fields of a class by name.

    Raises:
        FactoryError: It is of no kind that tells its fields.
    """
    for tells, read in READERS.items():
        if hasattr(model, tells):
            return {field.name: field for field in read(model)}
    raise FactoryError(
        f"{model.__qualname__} does not tell its fields",
        cause="it is no dataclass, and no class of attrs or Pydantic",
        hint=f"write @dataclass above {model.__name__}, or make a row by its table's name",
    )


def is_model(hint: Any) -> bool:
    """Tell whether a type is a class whose objects can be made."""
    return isinstance(hint, type) and any(hasattr(hint, tells) for tells in READERS)


def of_dataclass(model: type) -> Iterator[Field]:
    """Read the fields of a dataclass."""
    for field in dataclasses.fields(model):
        if field.init:
            yield Field(field.name, field.name, evaluated(field.type, model), default_of(field))


def default_of(field: dataclasses.Field[Any]) -> Callable[[], Any] | None:
    """Return what makes the default of a dataclass's field."""
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory
    return None if field.default is dataclasses.MISSING else lambda: field.default


def of_attrs(model: Any) -> Iterator[Field]:
    """Read the fields of a class of attrs; a default that needs the object is the class's own."""
    for field in model.__attrs_attrs__:
        if field.init:
            yield Field(field.name, field.alias, evaluated(field.type, model), attrs_default(field))


def attrs_default(field: Any) -> Callable[[], Any] | None:
    """Return what makes the default of a field of attrs."""
    import attrs

    if field.default is attrs.NOTHING:
        return None
    maker: Any = attrs.Factory  # a class at run time, to its types a function
    if isinstance(field.default, maker):
        return (lambda: None) if field.default.takes_self else field.default.factory
    return lambda: field.default


def of_pydantic(model: Any) -> Iterator[Field]:
    """Read the fields of a model of Pydantic."""
    for name, field in model.model_fields.items():
        default = functools.partial(field.get_default, call_default_factory=True)
        needed = field.is_required()
        yield Field(name, field.alias or name, field.annotation, None if needed else default)


READERS: dict[str, Callable[[Any], Iterator[Field]]] = {
    "__dataclass_fields__": of_dataclass,
    "__attrs_attrs__": of_attrs,
    "model_fields": of_pydantic,
}


def evaluated(annotation: Any, model: type) -> Any:
    """Return the type that an annotation means, or None: its names may be hidden in a function."""
    modules = [sys.modules.get(base.__module__) for base in reversed(model.__mro__)]
    names = {name: value for module in modules for name, value in vars(module or types).items()}
    holder = types.SimpleNamespace(__annotations__={"it": annotation})
    try:
        return typing.get_type_hints(holder, names, {model.__name__: model})["it"]
    except (NameError, TypeError, SyntaxError):
        return None
