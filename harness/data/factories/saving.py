"""Storing objects that were made elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar

from harness.data.factories.declarations import Related, Relation
from harness.data.factories.factory import Blueprint, blueprint_of
from harness.data.factories.fields import fields_of, is_model
from harness.data.factories.links import link
from harness.data.factories.making import Making, keep
from harness.data.factories.state import Database, state_of

T = TypeVar("T")


def save_object(db: Database, made: T) -> T:
    """Store an object that was made elsewhere, with those that it holds.

    Its parents are stored before it and the objects in its lists after it, each with the key of
    what it belongs to. A field that is None by default, and is None, is left to the schema.

    Args:
        db: A lease.
        made: The object; one that was stored already stays as it is.

    Returns:
        An object like it, as its row was stored.

    Raises:
        FactoryError: It cannot be told how it is stored.
    """
    saved: T = Saving(db).save(made, {})
    return saved


class Saving:
    """Stores an object and those that it holds.

    Args:
        db: A lease.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self._state = state_of(db)

    def save(self, made: Any, linked: Mapping[str, Any]) -> Any:
        """Store one object, with these columns or relations instead of its own."""
        if self._state.row(made) is not None:
            return made
        blueprint = without_values(blueprint_of(type(made)))
        values = {name: self._saved(value) for name, value in held(made).items()}
        children = {name: value for name, value in values.items() if is_children(value)}
        values |= {name: [] for name in children}
        parent = Making(self._db).make_by(blueprint, (), {**values, **linked})
        for name, items in children.items():
            keep(parent, name, list(self._save_children(blueprint, parent, name, items)))
        return parent

    def _saved(self, value: Any) -> Any:
        return self.save(value, {}) if is_model(type(value)) else value

    def _save_children(self, blueprint: Blueprint, parent: Any, name: str, items: Any) -> Any:
        for item in items:
            relation = Relation(type(item))
            yield self.save(item, link(self._db, self._state, blueprint, parent, name, relation))


def without_values(blueprint: Blueprint) -> Blueprint:
    """Return what is declared of a class but for values: the object has its own."""
    declared = blueprint.declared.items()
    return replace(
        blueprint,
        declared={name: value for name, value in declared if isinstance(value, Related)},
    )


def held(made: Any) -> dict[str, Any]:
    """Return what the fields of an object hold, but for those that hold nothing yet."""
    model: type = type(made)
    values = {name: (getattr(made, name), field) for name, field in fields_of(model).items()}
    return {name: v for name, (v, field) in values.items() if v is not None or not field.default}


def is_children(value: object) -> bool:
    """Tell whether a value is a list of objects that are stored on their own."""
    return isinstance(value, list) and bool(value) and all(is_model(type(one)) for one in value)
