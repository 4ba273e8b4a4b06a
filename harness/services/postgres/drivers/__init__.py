"""The drivers of a lease's `connection`, one module for each."""

from __future__ import annotations

from collections.abc import Callable

from harness.errors import MissingExtraError
from harness.services.postgres.drivers.driver import Driver


def named(name: str) -> Driver:
    """Return the driver of that name, one of `Postgres(driver=...)`.

    Raises:
        MissingExtraError: Its client is not installed.
    """
    return LOADERS[name]()


def load_pg8000() -> Driver:
    """Import what works with pg8000.

    Raises:
        MissingExtraError: It is not installed.
    """
    from harness.services.postgres.connect import driver

    driver()
    from harness.services.postgres.drivers import pg8000

    return pg8000


def load_psycopg() -> Driver:
    """Import what works with psycopg 3.

    Raises:
        MissingExtraError: It is not installed, its libpq is not, or it is too old.
    """
    try:
        import psycopg
    except ImportError as error:
        raise MissingExtraError(
            f"the PostgreSQL driver psycopg 3 cannot be imported: {str(error).splitlines()[0]}",
            hint='pip install "unittest-harness[psycopg]"',
        ) from error
    if [int(part) for part in psycopg.__version__.split(".")[:2]] < [3, 2]:
        raise MissingExtraError(
            f"psycopg {psycopg.__version__} is too old for driver='psycopg', which needs 3.2",
            hint='pip install --upgrade "unittest-harness[psycopg]"',
        )
    from harness.services.postgres.drivers import psycopg as module

    return module


LOADERS: dict[str, Callable[[], Driver]] = {"pg8000": load_pg8000, "psycopg": load_psycopg}
