"""Django's own `TestCase`, pointed at one of our databases."""

from __future__ import annotations

import unittest
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness import PostgresLease
from tests.benchmarks.cases import EMAIL


@contextmanager
def django_case(lease: PostgresLease) -> Iterator[type[unittest.TestCase]]:
    """Set Django up and yield a test class with one ORM insert.

    Args:
        lease: Of the database that Django is to use, which has a table `users`.
    """
    configure(lease)
    from django.db import connections
    from django.test.utils import setup_test_environment, teardown_test_environment

    setup_test_environment()
    try:
        yield test_case()
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
        DATABASES={"default": database}, DEFAULT_AUTO_FIELD="django.db.models.AutoField"
    )
    django.setup()


def test_case() -> type[unittest.TestCase]:
    """Return the test class; Django must be set up before its models can be written."""
    from django.db import models
    from django.test import TestCase

    class User(models.Model):
        email = models.TextField(unique=True)

        class Meta:
            app_label = "benchmarks"
            db_table = "users"
            managed = False

    class DjangoTest(TestCase):
        def test(self) -> None:
            User.objects.create(email=EMAIL)

    return DjangoTest
