"""Whether every migration can be taken back, and applied once more."""

from __future__ import annotations

from harness.data.catalog import Catalog
from harness.data.migrations.source import Run, Source, Step
from harness.data.target import Target
from harness.errors import ConfigurationError, MigrationError

MOST = 40  # lines of a difference


def irreversible(source: Source, target: Target) -> str | None:
    """Apply each migration, take it back, and apply it again, in turn.

    Args:
        source: The migrations.
        target: An empty database; they are all applied to it in the end.

    Returns:
        Which migration cannot be taken back, and why; None where all can.

    Raises:
        ConfigurationError: They have no way back at all.
        MigrationError: One cannot even be applied.
    """
    steps = source.steps()
    if not any(step.down for step in steps):
        raise ConfigurationError(
            f"none of the migrations has a way back: {', '.join(s.name for s in steps[:3])}, ...",
            cause="plain .sql files only go forward",
            hint="write NAME.down.sql beside each, or `-- +goose Down` into each",
        )
    source.prepare(target)
    walk = Walk(target)
    problems = (walk.wrong_with(step) for step in steps)
    return next((problem for problem in problems if problem is not None), None)


class Walk:
    """Goes through migrations one by one.

    Args:
        target: The database, before the first of them.
    """

    def __init__(self, target: Target) -> None:
        self._target = target
        self._schema = target.catalog()

    def wrong_with(self, step: Step) -> str | None:
        """Go up, down and up again; return what is wrong with that."""
        before = self._schema
        step.up(self._target)
        self._schema = self._target.catalog()
        if step.down is None:
            return f"{step.name} has no way back"
        return self._back(step, step.down, before) or self._again(step)

    def _back(self, step: Step, down: Run, before: Catalog) -> str | None:
        problem = failure(down, self._target)
        if problem is not None:
            return f"{step.name} cannot be taken back: {problem}"
        what = f"{step.name} was taken back, and the schema is not what it was"
        return differing(what, before.difference(self._target.catalog()))

    def _again(self, step: Step) -> str | None:
        problem = failure(step.up, self._target)
        if problem is not None:
            return f"{step.name} cannot be applied again after it was taken back: {problem}"
        what = f"{step.name}, applied again, makes another schema than at first"
        return differing(what, self._schema.difference(self._target.catalog()))


def failure(run: Run, target: Target) -> str | None:
    """Run a step; return how it failed, if it did."""
    try:
        run(target)
    except MigrationError as error:
        return str(MigrationError(error.what, detail=error.detail))
    return None


def differing(what: str, lines: list[str]) -> str | None:
    """Say what differs, if anything does; `-` is gone, `+` is new."""
    if not lines:
        return None
    more = [f"... and {len(lines) - MOST} more lines"] if len(lines) > MOST else []
    return "\n".join([f"{what}:", *(f"    {line}" for line in [*lines[:MOST], *more])])
