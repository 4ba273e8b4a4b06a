"""From attributes to the columns of a row, and from the row to the object."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from harness.data.factories.conversion import restored
from harness.data.factories.draft import Draft
from harness.data.factories.fields import Field, fields_of
from harness.errors import FactoryError


def inserted(draft: Draft, columns: Collection[str], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is given for the row, by column; fields without a column stay the object's."""
    names = [name for name in values if name not in draft.said.relations]
    pairs = ((draft.blueprint.column(name), values[name]) for name in names)
    return {column: value for column, value in pairs if column in columns}


def assembled(draft: Draft, row: Any, values: Mapping[str, Any]) -> Any:
    """Return the object: as its row was stored, the rest as it was computed.

    Raises:
        FactoryError: A field has no value.
    """
    arguments = {}
    for field in fields_of(draft.blueprint.model).values():
        found = list(sources(draft, field, row, values))
        if found:
            arguments[field.argument] = found[0]
        elif field.default is None:
            raise no_value(draft, field)
    return draft.blueprint.model(**arguments)


def sources(draft: Draft, field: Field, row: Any, values: Mapping[str, Any]) -> Any:
    """Return where the value of a field can come from, the first one first."""
    name, column = field.name, draft.blueprint.column(field.name)
    if name in draft.said.children:
        given = draft.said.values[name]
        yield given if isinstance(given, list) else []
    related = draft.said.relations.get(name)
    if related and name in values and name not in related.keys_of(name):
        yield values[name]
    if column in row.columns:
        yield restored(row[column], field.hint)
    if name in values:
        yield values[name]


def no_value(draft: Draft, field: Field) -> FactoryError:
    """Return the error for a field that neither the row nor anybody fills."""
    name = draft.blueprint.name
    return FactoryError(
        f"{name}.{field.name} has no value",
        cause="its table has no such column, and nobody says a value",
        hint=f"declare {field.name} in a factory of {draft.blueprint.model.__name__}, "
        f"give it, or map it: columns={{{field.name!r}: 'its column'}}",
    )
