"""Making the objects of a class, each with its row, its parents and its children."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from harness.data.factories.assembly import assembled, inserted
from harness.data.factories.declarations import Related
from harness.data.factories.draft import Draft
from harness.data.factories.factory import Blueprint, blueprint_of
from harness.data.factories.fields import fields_of
from harness.data.factories.links import check_columns, children_of, link
from harness.data.factories.merge import Merge
from harness.data.factories.state import Database, state_of
from harness.errors import FactoryError

Said = Mapping[str, Any]


def make_object(
    db: Database, what: type, traits: Iterable[str] = (), overrides: Said | None = None
) -> Any:
    """Make an object of a class with its row, and all that it needs.

    Args:
        db: A lease.
        what: The class, or one of its factories.
        traits: Names of traits, of which the last wins.
        overrides: Values and declarations by attribute; `owner__name` for a related object's.

    Returns:
        The object, made from the row as it was stored.

    Raises:
        FactoryError: What is declared or asked for makes no sense; with the nearest that does.
    """
    return Making(db).make(what, tuple(traits), overrides or {})


def make_objects(
    db: Database, what: type, count: int, traits: Iterable[str] = (), overrides: Said | None = None
) -> list[Any]:
    """Make several objects of a class, each as `make_object` does.

    Raises:
        FactoryError: As `make_object`.
    """
    traits = tuple(traits)
    return [make_object(db, what, traits, overrides) for _ in range(count)]


class Making:
    """Makes one object and those that it entails.

    Args:
        db: A lease.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self._state = state_of(db)
        self._steps: list[tuple[Any, ...]] = []  # what is in the making, each for the one before
        self._reasons: list[str] = []  # the attributes that it is made for

    def make(self, what: Any, traits: tuple[str, ...], overrides: Said) -> Any:
        """Make an object with its row, or by a table's name the row alone."""
        if isinstance(what, str):
            return self._db.make(what, *traits, **overrides)
        blueprint = blueprint_of(what)
        fields_of(blueprint.model)  # what has none is refused before its table is looked for
        with self._step(blueprint, (what, traits, frozenset(overrides))):
            return self.make_by(blueprint, traits, overrides)

    @contextmanager
    def _step(self, blueprint: Blueprint, step: tuple[Any, ...]) -> Iterator[None]:
        if step in self._steps:
            at = self._steps.index(step)
            raise circle([*self._reasons[at:], blueprint.name])
        self._steps.append(step)
        try:
            yield
        finally:
            self._steps.pop()

    def make_by(self, blueprint: Blueprint, traits: tuple[str, ...], overrides: Said) -> Any:
        """Make one object by what is declared of it."""
        table = self._state.table(self._db, blueprint)
        columns = self._db.columns(table)
        said = Merge(blueprint, columns)
        said.add(traits, overrides)
        for name, related in said.relations.items():
            check_columns(f"{blueprint.name}.{name}", related.keys_of(name), table, columns)
        draft = Draft(blueprint, said, self._state, self._make_related)
        values, keys = draft.values(), draft.keys()
        row = self._insert(draft, table, {**inserted(draft, columns, values), **keys})
        made = assembled(draft, row, values)
        self._state.remember(made, row)
        self._make_children(draft, made)
        return made

    def _insert(self, draft: Draft, table: str, columns: Said) -> Any:
        try:
            return self._db.make(table, **columns)
        except Exception as error:
            reason = "".join(f", for {one}" for one in self._reasons[-1:])
            error.add_note(f"while making {draft.blueprint.name}{reason}")
            raise

    def _make_related(self, draft: Draft, name: str, related: Related, nested: Said) -> Any:
        return self._make_for(draft, name, related, {**related.overrides, **nested})

    def _make_children(self, draft: Draft, parent: Any) -> None:
        for name, children in children_of(draft).items():
            linked = link(self._db, self._state, draft.blueprint, parent, name, children)
            overrides = {**children.overrides, **draft.said.nested.get(name, {}), **linked}
            made = [self._make_for(draft, name, children, overrides) for _ in range(children.count)]
            keep(parent, name, made)

    def _make_for(self, draft: Draft, name: str, relation: Any, overrides: Said) -> Any:
        self._reasons.append(f"{draft.blueprint.name}.{name}")
        try:
            return self.make(relation.what, relation.traits, overrides)
        finally:
            self._reasons.pop()


def keep(parent: object, name: str, children: list[Any]) -> None:
    """Add children to the list in which their parent has them, if it has one.

    Raises:
        FactoryError: It has something else there.
    """
    kept = getattr(parent, name, [])
    if not isinstance(kept, list):
        raise FactoryError(
            f"{type(parent).__name__}.{name} is {kept!r}, not a list of children",
            hint=f"let the field be a list, or call the children something else than {name}",
        )
    kept.extend(children)


def circle(path: list[str]) -> FactoryError:
    """Return the error for what needs itself before it is there."""
    return FactoryError(
        f"a circle of relations: {' -> '.join(path)}",
        cause="each makes the next one, which is not given",
        hint="give one of them, such as None or an object, or move one related(...) into a trait",
    )
