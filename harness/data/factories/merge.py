"""What is said of one object, from the class's defaults to the test's overrides."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from harness.core.nearest import did_you_mean
from harness.data.factories.conversion import plain
from harness.data.factories.declarations import Children, Related, Relation
from harness.data.factories.factory import Blueprint
from harness.data.factories.fields import fields_of, is_model
from harness.errors import FactoryError

MARK = "__"  # between a relation and an attribute of the other object, as in `owner__name`


class Merge:
    """What is said of one object: of each attribute, the last to speak wins.

    Args:
        blueprint: What is declared.
        columns: The columns of the table.

    Attributes:
        values: Values and declarations by attribute.
        nested: What is said of the attributes of other objects, by relation.
        relations: How the object refers to others, by attribute, whether or not one is made.
        children: What refers to the object, by attribute, however many.
    """

    def __init__(self, blueprint: Blueprint, columns: Collection[str]) -> None:
        self._blueprint = blueprint
        self._names = {*names_of(blueprint, columns)}
        self._attributes = attributes_of(blueprint)
        self.values: dict[str, Any] = {}
        self.nested: dict[str, dict[str, Any]] = {}
        self.relations: dict[str, Related] = {}
        self.children: dict[str, Children] = {}
        self._add(implied(blueprint, columns))
        self._add(defaults(blueprint))
        self._add(blueprint.declared)

    def add(self, traits: Iterable[str], overrides: Mapping[str, Any]) -> None:
        """Add what a test says.

        Raises:
            FactoryError: There is no trait, attribute or relation of a name.
        """
        for name in traits:
            self._add(self._trait(name))
        self._add(overrides)

    def _trait(self, name: str) -> Mapping[str, Any]:
        blueprint = self._blueprint
        if name not in blueprint.traits:
            declare = f"declare {name} = trait(...) in a factory of {blueprint.model.__name__}"
            raise FactoryError(
                f"{blueprint.name} has no trait {name!r}",
                hint=did_you_mean(name, blueprint.traits) if blueprint.traits else declare,
            )
        return blueprint.traits[name].values

    def _add(self, said: Mapping[str, Any]) -> None:
        """Add what one place says, of the object itself first."""
        names = [name for name in said if name in self._names or isinstance(said[name], Relation)]
        for name in names:
            self._set(name, said[name])
        for path in said:
            if path not in names:
                self._set_nested(path, said[path])

    def _set(self, name: str, value: Any) -> None:
        """Note a value; a relation and the columns that hold it take each other's place."""
        name = self._attributes.get(name, name)
        if isinstance(value, Related):
            self.relations[name] = value
        if isinstance(value, Children):
            self.children[name] = value
        for relation, related in self.relations.items():
            keys = related.keys_of(relation)
            if relation == name:
                self._forget(one for one in self.values if self._blueprint.column(one) in keys)
            elif self._blueprint.column(name) in keys:
                self._forget([relation])
        self._forget([name])
        self.values[name] = value

    def _forget(self, names: Iterable[str]) -> None:
        for name in list(names):
            self.values.pop(name, None)
            self.nested.pop(name, None)

    def _set_nested(self, path: str, value: Any) -> None:
        relation, mark, name = path.partition(MARK)
        if not mark or relation not in self._names:
            raise self._unknown(relation if mark else path)
        if not isinstance(self.values.get(relation), Relation):
            raise FactoryError(
                f"{path}={value!r}: nothing is made for {self._blueprint.name}.{relation}",
                cause=f"it is given, or {self._blueprint.name} does not declare it as related(...)",
                hint=f"leave {path} out, or give {relation}=related(...)",
            )
        self.nested.setdefault(relation, {})[name] = value

    def _unknown(self, name: str) -> FactoryError:
        """Return the error for a name that means nothing."""
        if name in self._blueprint.traits:
            return FactoryError(
                f"{self._blueprint.name}.{name} is a trait, not an attribute",
                hint=f"db.make({self._blueprint.name}, {name!r})",
            )
        return FactoryError(
            f"{self._blueprint.name} has no attribute {name!r}, nor has its table such a column",
            hint=did_you_mean(name, self._names),
        )


def names_of(blueprint: Blueprint, columns: Iterable[str]) -> Iterable[str]:
    """Return all names of which something can be said."""
    said = [blueprint.declared, *(trait.values for trait in blueprint.traits.values())]
    yield from fields_of(blueprint.model)
    yield from blueprint.columns
    yield from columns
    yield from (name for one in said for name in one if isinstance(one[name], Relation))


def attributes_of(blueprint: Blueprint) -> dict[str, str]:
    """Return the attribute of each column that has another name."""
    fields = fields_of(blueprint.model)
    return {column: name for name, column in blueprint.columns.items() if column not in fields}


def implied(blueprint: Blueprint, columns: Collection[str]) -> dict[str, Any]:
    """Return the relations that follow from fields alone: `owner: User` and a column `owner_id`."""
    fields = fields_of(blueprint.model).values()
    classes = {field.name: plain(field.hint) for field in fields if field.default is None}
    return {
        name: Related(what)
        for name, what in classes.items()
        if is_model(what) and f"{name}_id" in columns and name not in columns
    }


def defaults(blueprint: Blueprint) -> dict[str, Any]:
    """Return the defaults of the class's own; None, which means "not yet", is none."""
    fields = fields_of(blueprint.model).values()
    values = {field.name: field.default() for field in fields if field.default is not None}
    return {name: value for name, value in values.items() if value is not None}
