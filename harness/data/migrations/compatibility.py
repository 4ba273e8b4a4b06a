"""Whether the application's old statements stay valid while a new migration is rolled out."""

from __future__ import annotations

from collections.abc import Sequence

from harness.core.nearest import did_you_mean
from harness.data.catalog import Catalog
from harness.data.migrations.source import Source, Step
from harness.data.scripts import shortened
from harness.data.statements import split
from harness.data.target import Target
from harness.errors import ConfigurationError


def incompatible(
    source: Source, target: Target, statements: Sequence[str], since: str | None
) -> list[str]:
    """Run old statements against the schema before and after the newest migrations.

    Args:
        source: The migrations.
        target: An empty database; they are all applied to it in the end.
        statements: What the running application sends; each is undone.
        since: The last migration that the running application knows; the last but one by itself.

    Returns:
        What breaks, each with the migration at fault; nothing where all stays valid.

    Raises:
        ConfigurationError: There is no such migration, or a statement does not work before it.
        MigrationError: A migration failed.
    """
    steps = source.steps()
    known = position(steps, since)
    source.prepare(target)
    for step in steps[:known]:
        step.up(target)
    check_valid(statements, target, steps[known - 1].name if known else "no migration")
    problems: list[str] = []
    for step in steps[known:]:
        problems += broken_by(step, target, statements)
    return problems


def position(steps: list[Step], since: str | None) -> int:
    """Return how many of the migrations the running application knows.

    Raises:
        ConfigurationError: There is no migration of that number, revision or file.
    """
    if since is None:
        return max(0, len(steps) - 1)
    for index, step in enumerate(steps, 1):
        if since in (step.id, step.name) or same_number(since, step.id):
            return index
    names = [name for step in steps for name in (step.id, step.name)]
    raise ConfigurationError(f"there is no migration {since!r}", hint=did_you_mean(since, names))


def same_number(one: str, other: str) -> bool:
    """Tell whether two numbers are the same, however many zeros they begin with."""
    return one.isdecimal() and other.isdecimal() and int(one) == int(other)


def check_valid(statements: Sequence[str], target: Target, step: str) -> None:
    """Do nothing where every statement works on the old schema.

    Raises:
        ConfigurationError: One does not: what it would say of the new schema means nothing.
    """
    for statement in statements:
        said = refusal(statement, target)
        if said is not None:
            raise ConfigurationError(
                f"a statement of the running application does not work after {step}: {said}",
                detail=shortened(statement),
                cause="the statement is newer than that, or needs rows that are not there",
                hint="correct `since=`, or write the rows that it needs before it, as in "
                '"insert into users ...; insert into orders ..."',
            )


def broken_by(step: Step, target: Target, statements: Sequence[str]) -> list[str]:
    """Apply a migration; return what it breaks. What is broken already is told once."""
    before = target.catalog()
    valid = [statement for statement in statements if refusal(statement, target) is None]
    step.up(target)
    problems = [f"{step.name} {found}" for found in unfilled(before, target)]
    for statement in valid:
        said = refusal(statement, target)
        if said is not None:
            lines = "\n".join(f"    {line}" for line in shortened(statement).splitlines())
            problems.append(f"{step.name} breaks an old statement: {said}\n{lines}")
    return problems


def refusal(statement: str, target: Target) -> str | None:
    """Run a statement, or several, and undo them; return what the server says against it."""
    target.execute("begin")
    try:
        for part in split(statement):
            target.execute(part.text)
        target.check_deferred()
    except Exception as error:
        return target.refusal(error).said
    finally:
        target.execute("rollback")
    return None


def unfilled(before: Catalog, target: Target) -> list[str]:
    """Return the new columns of old tables that an INSERT has to fill, and no old one does."""
    return [
        f"adds {table}.{column}, NOT NULL without a default: every INSERT that does not know it "
        "fails"
        for table, column in target.unfilled()
        if ("table", table) in before and ("column", f"{table}.{column}") not in before
    ]
