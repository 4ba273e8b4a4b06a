"""`harness up`: services as a suite starts them, for a command that is run by hand."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from harness.cli.command import NOT_EXECUTABLE, Stoppable, refusal
from harness.cli.supply import Supply
from harness.cli.targets import targets_of, usage
from harness.cli.text import indented
from harness.errors import ConfigurationError


class CommandAfterDashes(click.Command):
    """A command line that ends with `-- COMMAND...`, which is kept as it is."""

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        """Take the command away before the rest is read."""
        at = args.index("--") if "--" in args else len(args)
        context.meta[__name__] = args[at + 1 :]
        return super().parse_args(context, args[:at])

    def collect_usage_pieces(self, context: click.Context) -> list[str]:
        """Return the parts of the usage line."""
        return [*super().collect_usage_pieces(context), "[-- COMMAND...]"]


@click.command(cls=CommandAfterDashes)
@click.argument("services", nargs=-1, metavar="SERVICE...")
@click.pass_context
def up(context: click.Context, services: tuple[str, ...]) -> None:
    """Start services as a suite does, and run a command against them.

    \b
    SERVICE is one of
      postgres                        a kind of service: its default options
      tests.test_shop:ShopTest        all that a class declares
      tests.test_shop:ShopTest.db     one of them: its migrations, its seeds

    COMMAND is run with DATABASE_URL, REDIS_URL and so on set; without one it is your shell. A
    PostgreSQL database is migrated, and the command's own: what it commits stays until the end.
    Where two services share a variable, each gets one with its name, such as DATABASE_URL_DB. When
    the command ends, all is removed; with HARNESS_REUSE=1 the servers stay for the next run.

    Exits as the command does: with its code, with 128 and the number of the signal that ended it,
    with 126 or 127 if it cannot be executed or found; with 2 if the services cannot be started.
    """  # noqa: D301 - \b is click's, and keeps the lines as they are
    if not services:
        raise ConfigurationError("no service was named", hint=usage())
    supply = Supply(targets_of(services), context.obj, say)
    command = context.meta[__name__] or shell()
    refused = refusal(command[0])
    if refused is not None:
        stop(*refused)
    with Stoppable() as stoppable:
        code = run(supply, command, stoppable)
    raise SystemExit(code)


def shell() -> list[str]:
    """Return the user's shell.

    Raises:
        ConfigurationError: Nobody would type into it.
    """
    if not sys.stdin.isatty():
        raise ConfigurationError(
            "no command was given, and the standard input is no terminal for a shell",
            hint="write it after two dashes: harness up postgres -- ./manage.py runserver",
        )
    return [os.environ.get("SHELL") or "/bin/sh"]


def run(supply: Supply, command: Sequence[str], stoppable: Stoppable) -> int:
    """Start services, run a command against them, remove them again, and return its exit code.

    Raises:
        HarnessError: A service could not be started.
    """
    try:
        variables = supply.start()
        return execute(command, variables, stoppable)
    finally:
        stoppable.hold()
        supply.close()


def execute(command: Sequence[str], variables: dict[str, str | None], stoppable: Stoppable) -> int:
    """Run a command with these variables set, and those without a value unset."""
    merged = {**os.environ, **variables}
    try:
        return stoppable.run(command, {k: v for k, v in merged.items() if v is not None})
    except OSError as error:
        stop(NOT_EXECUTABLE, f"{command[0]} cannot be executed: {error.strerror}")


def stop(code: int, reason: str) -> NoReturn:
    """End with a message and an exit code."""
    say(f"harness: {reason}")
    raise SystemExit(code)


def say(text: str) -> None:
    """Print for people: standard output is the command's."""
    click.echo(indented(text, 0, 2), err=True)
