"""How children refer to the parent that they are made for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

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
    model = blueprint.model
    keys: Mapping[str, str] = children.keys
    if not keys and not isinstance(children.what, str):
        names = list(relations_to(model, db, state, blueprint_of(children.what)))
        if len(names) > 1:
            raise ambiguous(blueprint, name, names)
        if names:
            return {names[0]: parent}
    reason = f"{blueprint.name}.{name}"
    keys = keys or {f"{snake(model.__name__)}_id": "id"}
    return {column: key_of(state, parent, key, reason) for column, key in keys.items()}


def relations_to(model: type, db: Database, state: State, child: Blueprint) -> Iterator[str]:
    """Return the relations of a child by which it refers to a class."""
    columns = db.columns(state.table(db, child))
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
