"""The command `harness`."""

from __future__ import annotations

import importlib
import sys

import click

from harness import __version__
from harness.core.settings import Settings
from harness.core.settings_table import OPTIONS
from harness.errors import ConfigurationError, HarnessError


def read_settings(pairs: tuple[str, ...]) -> Settings:
    """Read the settings, with those given as NAME=VALUE on the command line.

    Raises:
        ConfigurationError: One is not of that form, or its name or value is wrong.
    """
    overrides = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise ConfigurationError(
                f"--set {pair}: expected NAME=VALUE", hint=f"names are: {', '.join(OPTIONS)}"
            )
        overrides[name.strip()] = value
    return Settings.read(overrides=overrides, overrides_from="--set")


COMMANDS = (
    *("clean", "doctor", "history", "images", "init", "merge", "ps", "run", "settings"),
    *("snapshot", "stats", "stress", "toxiproxy", "up"),
)


INTERRUPTED = 130  # as shells have it


class ErrorGroup(click.Group):
    """A group of commands that prints an error of ours as text, and exits with 2; or with 130.

    Each command is a module of its own, imported when it is asked for: `run` has to start quickly.
    """

    def list_commands(self, context: click.Context) -> list[str]:
        """Return the names of all commands."""
        return list(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """Return a command; None if there is none of that name."""
        if name not in COMMANDS:
            return None
        found: click.Command = getattr(importlib.import_module(f"harness.cli.{name}"), name)
        return found

    def invoke(self, context: click.Context) -> object:
        """Run the command."""
        try:
            return super().invoke(context)
        except HarnessError as error:
            click.echo(f"harness: {error}", err=True)
            sys.exit(2)
        except KeyboardInterrupt:  # click's own end of it has the code of tests that have failed
            click.echo("harness: interrupted", err=True)
            sys.exit(INTERRUPTED)


@click.group(cls=ErrorGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="harness")
@click.option(
    "--set", "pairs", metavar="NAME=VALUE", multiple=True, help="Set a setting; may be repeated."
)
@click.pass_context
def main(context: click.Context, pairs: tuple[str, ...]) -> None:
    """Integration tests against real servers, with plain unittest."""
    context.obj = read_settings(pairs)
