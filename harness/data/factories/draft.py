"""One object in the making: what each of its attributes is going to be."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Mapping
from typing import Any

from harness.core.nearest import did_you_mean
from harness.data.factories.declarations import Declaration, Related
from harness.data.factories.factory import Blueprint
from harness.data.factories.fields import fields_of
from harness.data.factories.merge import Merge
from harness.data.factories.state import State
from harness.data.making.given import is_value
from harness.errors import FactoryError


class Draft:
    """One object in the making. Its attributes are computed when they are first needed.

    Args:
        blueprint: What is declared.
        said: What is said of this object.
        state: What is remembered of the lease.
        make_related: Makes what a relation says, of that name, with these overrides.
    """

    def __init__(
        self,
        blueprint: Blueprint,
        said: Merge,
        state: State,
        make_related: Callable[[Draft, str, Related, Mapping[str, Any]], Any],
    ) -> None:
        self.blueprint = blueprint
        self.number = state.next_number(blueprint.model)
        self.said = said
        self._state = state
        self._make_related = make_related
        self._known: dict[str, Any] = {}
        self._asking: list[str] = []

    @property
    def attributes(self) -> Attributes:
        """The attributes, for those that depend on others."""
        return Attributes(self)

    def rng(self, name: str) -> random.Random:
        """Return random numbers of one attribute's own."""
        return self._state.rng(self.blueprint.model, self.number, name)

    def values(self) -> dict[str, Any]:
        """Return all attributes but the children, who come later."""
        said = self.said
        return {name: self.value(name) for name in said.values if name not in said.children}

    def value(self, name: str) -> Any:
        """Return the value of an attribute.

        Raises:
            FactoryError: It depends on itself.
        """
        if name not in self._known:
            if name in self._asking:
                raise self._circle(name)
            self._asking.append(name)
            self._known[name] = self._compute(name, self.said.values[name])
            self._asking.pop()
        return self._known[name]

    def _compute(self, name: str, said: Any) -> Any:
        if isinstance(said, Declaration):
            return said.value(self, name)
        if isinstance(said, Related):
            return self._make_related(self, name, said, self.said.nested.get(name, {}))
        return copy.copy(said) if type(said) in (list, dict, set) else said

    def _circle(self, name: str) -> FactoryError:
        circle = [*self._asking[self._asking.index(name) :], name]
        return FactoryError(
            f"attributes of {self.blueprint.name} depend on each other: {' -> '.join(circle)}",
            hint="give one of them a value of its own",
        )

    def keys(self) -> dict[str, Any]:
        """Return the columns that refer to other objects."""
        return {column: self.key(column) for column in self._references()}

    def key(self, column: str) -> Any:
        """Return what a column holds that refers to another object."""
        name, attribute = self._references()[column]
        other = self.value(name)
        if is_value(other) and self._may_be_key(name, column):
            return other
        return key_of(self._state, other, attribute, f"{self.blueprint.name}.{name}")

    def _may_be_key(self, name: str, column: str) -> bool:
        """Tell whether a relation may be given as a mere key: no field has to hold the object."""
        keys = self.said.relations[name].keys_of(name)
        return len(keys) == 1 and (name == column or name not in fields_of(self.blueprint.model))

    def _references(self) -> dict[str, tuple[str, str]]:
        """Return the columns that refer to others: (relation, attribute there) by column."""
        return {
            column: (name, attribute)
            for name, related in self.said.relations.items()
            if name in self.said.values
            for column, attribute in related.keys_of(name).items()
        }

    def read(self, name: str) -> Any:
        """Return an attribute, or a column that refers, for one that depends on it.

        Raises:
            FactoryError: Nobody gives it a value before the row is inserted.
        """
        if name in self.said.values:
            return self.value(name)
        if name in self._references():
            return self.key(name)
        raise FactoryError(
            f"{self.blueprint.name}.{name} was read, which nobody gives a value",
            cause="what only the schema decides is not known before the row is inserted",
            hint=f"declare {name} in the factory; {did_you_mean(name, self.said.values)}",
        )


def key_of(state: State, other: object, attribute: str, reason: str) -> Any:
    """Return the attribute by which an object is referred to, from itself or from its row.

    Raises:
        FactoryError: It has none of that name.
    """
    row = state.row(other)
    if other is None:
        return None
    if hasattr(other, attribute):
        return getattr(other, attribute)
    if row is not None and attribute in row.columns:
        return row[attribute]
    raise FactoryError(
        f"{reason} refers to the {attribute!r} of {other!r}, which has none",
        cause="its key has another name",
        hint="say it: related(...).by(column='attribute')",
    )


class Attributes:
    """The attributes of an object in the making, as functions of a factory read them."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft

    def __getattr__(self, name: str) -> Any:
        return self._draft.read(name)
