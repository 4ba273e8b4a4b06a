"""`harness settings`: each setting, its value and where it came from."""

from __future__ import annotations

import click

from harness.cli.text import indented
from harness.core.settings import Settings
from harness.core.settings_table import OPTIONS


@click.command()
@click.pass_obj
def settings(settings: Settings) -> None:
    """Show each setting, its value and where it came from."""
    for name, option in OPTIONS.items():
        click.echo(f"{name} = {settings.texts[name] or '(empty)'}")
        click.echo(f"    from {settings.sources[name]}; variable {option.environment}")
        click.echo(indented(option.help, 4))
    click.echo(f"paths are relative to {settings.root}")
