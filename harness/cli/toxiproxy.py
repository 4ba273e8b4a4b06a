"""`harness toxiproxy`: the fault proxy of our own, by itself."""

from __future__ import annotations

import click

from harness.core.seed import run_seed
from harness.errors import StartError


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Where the API listens.")
@click.option(
    "--port",
    default=8474,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="Its port; 0 for a free one.",
)
@click.pass_context
def toxiproxy(context: click.Context, host: str, port: int) -> None:
    """Run a fault proxy with the HTTP API of Toxiproxy 2.12.

    It prints where it listens, and serves until it is interrupted. toxiproxy-cli,
    Toxiproxy's client libraries and curl can speak to it. What its toxics draw
    follows from the setting `seed`.

    Exits with 0 when it is stopped by Ctrl-C or SIGTERM, with 2 if it cannot
    listen there.
    """
    from harness.faults.server.errors import ApiError
    from harness.faults.server.run import run

    try:
        run(host, port, run_seed(context.obj))
    except ApiError as error:
        raise StartError(
            f"the fault proxy cannot listen on {host}:{port}: {error.message}",
            hint="choose another --port, or 0 for a free one",
        ) from error
