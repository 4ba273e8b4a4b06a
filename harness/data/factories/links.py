"""How children refer to the parent that they are made for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from harness.core.nearest import did_you_mean
from harness.data.factories.declarations import Children, Related, Relation
from harness.data.factories.draft import Draft, key_of
from harness.data.factories.factory import Blueprint, blueprint_of
from harness.data.factories.merge import implied
from harness.data.factories.state import Database, State
from harness.data.factories.tables import snake
from harness.errors import FactoryError


def children_of(draft: Draft) -> dict[str, Children]:
    """Return the children to make, by attribute; a number overrides how many."""
    found = {}
    for name, declared in draft.said.children.items():
        said = draft.said.values[name]
        if isinstance(said, int):
            said = replace(declared, count=said)
        if isinstance(said, Children):
            found[name] = said
    return found


def link(
    db: Database, state: State, blueprint: Blueprint, parent: object, name: str, children: Relation
) -> Mapping[str, Any]:
    """Return the overrides by which children refer to their parent.

    Raises:
        FactoryError: They could do so in several ways.
    """
    reason = f"{blueprint.name}.{name}"
    keys: Mapping[str, str] = children.keys or {f"{snake(blueprint.model.__name__)}_id": "id"}
    if not isinstance(children.what, str):
        child = blueprint_of(children.what)
        table = state.table(db, child)
        relation = None if children.keys else relation_to(blueprint, name, db, table, child)
        if relation is not None:
            return {relation: parent}
        check_columns(reason, keys, table, db.columns(table))
    return {column: key_of(state, parent, key, reason) for column, key in keys.items()}


def relation_to(
    parent: Blueprint, name: str, db: Database, table: str, child: Blueprint
) -> str | None:
    """Return the relation by which a child refers to its parent, if it declares one.

    Raises:
        FactoryError: It declares several.
    """
    names = list(relations_to(parent.model, child, db.columns(table)))
    if len(names) > 1:
        raise ambiguous(parent, name, names)
    return names[0] if names else None


def relations_to(model: type, child: Blueprint, columns: Collection[str]) -> Iterator[str]:
    """Return the relations of a child by which it refers to a class."""
    for name, related in {**implied(child, columns), **child.declared}.items():
        if isinstance(related, Related) and not isinstance(related.what, str):
            target = blueprint_of(related.what).model
            if issubclass(model, target):
                yield name


def ambiguous(parent: Blueprint, name: str, relations: list[str]) -> FactoryError:
    """Return the error for children who could refer to their parent in several ways."""
    return FactoryError(
        f"{parent.name}.{name} could refer to its {parent.model.__name__} "
        f"by {' or by '.join(relations)}",
        hint="say which: children(...).by(column='id')",
    )


def check_columns(reason: str, needed: Iterable[str], table: str, columns: Collection[str]) -> None:
    """Do nothing where a table has the columns that a relation needs.

    Raises:
        FactoryError: It lacks one; with the nearest that it has.
    """
    for column in needed:
        if column not in columns:
            raise FactoryError(
                f"{reason} needs the column {column!r}, which {table} does not have",
                cause="the column that refers has another name",
                hint=f"{did_you_mean(column, columns)}; say it: ....by(column='id')",
            )
