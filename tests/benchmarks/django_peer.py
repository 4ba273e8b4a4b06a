"""Django's own `TestCase`, pointed at one of our databases."""

from __future__ import annotations

import unittest
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from harness import PostgresLease
from tests.benchmarks.cases import EMAIL


@contextmanager
def django_case(lease: PostgresLease) -> Iterator[type[unittest.TestCase]]:
    """Set Django up and yield a test class with one ORM insert.

    Args:
        lease: Of the database that Django is to use, which has a table `users`.
    """
    with django_cases(lease) as cases:
        yield cases["TestCase"]


@contextmanager
def django_cases(
    lease: PostgresLease, tables: int = 1
) -> Iterator[dict[str, type[unittest.TestCase]]]:
    """Set Django up and yield a test class of each of its two kinds.

    Args:
        lease: Of the database that Django is to use, which has a table `users`.
        tables: How many tables Django knows: those that it flushes; `t1` and so on.
    """
    configure(lease)
    from django.db import connections
    from django.test import TestCase, TransactionTestCase
    from django.test.utils import setup_test_environment, teardown_test_environment

    setup_test_environment()
    try:
        user = models(tables)
        bases = (TestCase, TransactionTestCase)
        yield {base.__name__: test_case(base, user) for base in bases}
    finally:
        teardown_test_environment()
        connections.close_all()


def configure(lease: PostgresLease) -> None:
    """Tell Django of one database, reached as we reach it: by the socket where there is one."""
    import django
    from django.conf import settings

    endpoint = lease.instance.endpoint
    database = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": lease.database,
        "USER": endpoint.user,
        "PASSWORD": endpoint.password,
        "HOST": str(Path(endpoint.socket).parent) if endpoint.socket else endpoint.host,
        "PORT": endpoint.port,
    }
    settings.configure(
        DATABASES={"default": database},
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        INSTALLED_APPS=["tests.benchmarks"],
    )
    django.setup()


def models(tables: int) -> Any:
    """Return the model of `users`; Django must be set up before models can be written."""
    from django.db.models import Model, TextField

    def model(name: str, /, **fields: Any) -> Any:
        meta = type("Meta", (), {"app_label": "benchmarks", "db_table": name})
        return type(name.title(), (Model,), {"__module__": __name__, "Meta": meta, **fields})

    for number in range(1, tables):
        model(f"t{number}", name=TextField())
    return model("users", email=TextField(unique=True))


def test_case(base: type[unittest.TestCase], user: Any) -> type[unittest.TestCase]:
    """Return tests of one of Django's classes."""

    class DjangoTest(base):  # type: ignore[misc, valid-type]
        def test(self) -> None:
            user.objects.create(email=EMAIL)

    return DjangoTest
