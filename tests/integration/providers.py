"""One suite for every provider: each class of tests is written once, and run on all of them."""

import atexit
import dataclasses
import functools
import os
import sys

from harness import Environment, HarnessTestCase, Postgres, Store
from harness.core.settings import Settings
from harness.services.postgres.connect import sqlstate
from tests.integration.inner import run_inner
from tests.integration.toxiproxies import real, real_server

CREATOR = "HARNESS_CI_CREATOR_URL"
ANOTHER_PYTHON = "HARNESS_CI_ANOTHER_PYTHON"  # set in a run that repeats another Python's


@functools.cache
def environment(provider):
    """Return the environment of one provider, shared by all tests of this process."""
    special = {
        "creator": creator,
        "sqlite": sqlite,
        "toxic": toxic,
        "ours": ours,
        "neighbour": neighbour,
    }
    made = special[provider]() if provider in special else Environment(providers=provider)
    atexit.register(made.close)
    return made


def creator():
    """Return `external`, as a role that may create databases and nothing else."""
    url = os.environ.get(CREATOR, "")
    settings = Settings.read(environ={**os.environ, "DATABASE_URL": url})
    return Environment(settings._replace(), providers="external")


def sqlite():
    """Return `embedded`, on which every store is SQLite."""
    return Environment(providers="embedded", store="sqlite")


def ours():
    """Return `external`, reached through our own fault proxy where it is proxied."""
    return Environment(providers="external", fault_proxy="own")


def toxic():
    """Return `embedded`, reached through a real Toxiproxy server where it is proxied."""
    server = real(real_server())
    atexit.register(server.close)
    settings = Settings.read(environ={**os.environ, "TOXIPROXY_URL": server.url})
    return Environment(settings, providers="embedded,toxiproxy=external")


def neighbour():
    """Return `embedded`, reached through a real Toxiproxy server in Docker where it is proxied."""
    return Environment(providers="embedded,toxiproxy=docker")


# On which providers to run; all, unless a second run, on another Python, wants fewer.
PROVIDERS = tuple(os.environ.get("HARNESS_CI_CONFORMANCE", "external,docker,embedded").split(","))


def on_one_python(tests):
    """Leave tests out of a run that repeats them on another Python.

    They take long, and the same Python code is run by others beside them. What they are about no
    Python changes: what servers do with statements, and after they were killed; who may log in;
    locks between processes; signals that go through our commands; what examples print. What a
    Python does change stays: imports, interrupts, coroutines, subclasses of `TestCase`, the
    drivers' own code. It is the innermost decorator.
    """
    return None if os.environ.get(ANOTHER_PYTHON) else tests


def on_every_provider(tests):
    """Add to the module one test case for each provider, which differs in `environment` alone."""
    return on(tests, *PROVIDERS)


def on_each_kind_of_server(tests):
    """The same on somebody else's server and on our own, for what takes long.

    In Docker our own is the same program, with the same rights: what it does with statements, and
    what the harness reads of that over a connection, has been seen then.
    """
    return on(tests, *KINDS)


def on_each_kind_of_server_and_role(tests):
    """The same, and once more as an ordinary role."""
    return on(tests, *KINDS, *ROLES)


KINDS = tuple(name for name in PROVIDERS if name != "docker")
# An ordinary role, where DATABASE_URL may name a superuser.
ROLES = ["creator"] * ("external" in PROVIDERS)


def on_every_provider_and_proxy(tests):
    """The same, and once more through a real Toxiproxy server where its program is there.

    Where `TOXIPROXY_URL` is set, `external` goes through that, the others through our own server.
    """
    return on(tests, *PROVIDERS, *["toxic"] * bool(real_server() and "embedded" in PROVIDERS))


def on_every_provider_and_role(tests):
    """The same, and once more as an ordinary role."""
    return on(tests, *PROVIDERS, *ROLES)


def on_every_provider_through_ours(tests):
    """The same as `on_every_provider`, through our own fault proxy, whatever there is."""
    return on(tests, *["ours" if each == "external" else each for each in PROVIDERS])


def on_proxy_in_docker(tests):
    """Add one test case, on embedded servers that are reached through a fault proxy in Docker."""
    return on(tests, *["neighbour"] * ("docker" in PROVIDERS))


def on_every_store(tests):
    """The same for tests of a `Store`, on SQLite as well."""
    return on(tests, *PROVIDERS, "sqlite", needed=Store())


def on_every_store_and_role(tests):
    """The same, and once more as an ordinary role."""
    return on(tests, *PROVIDERS, *ROLES, "sqlite", needed=Store())


def on_embedded(tests):
    """Add one test case, on the embedded provider: the others differ in nothing that it tests."""
    return on(tests, *{"embedded"} & set(PROVIDERS))


def also_with_psycopg(tests, others=()):
    """Add the same tests with psycopg, on the embedded provider and on others that are named."""
    if tests is not None:
        on(with_driver(tests, "psycopg"), *sorted({"embedded", *others} & set(PROVIDERS)))
    return tests


def with_driver(tests, driver):
    """Return the same tests, each of whose services has that driver."""
    services = {
        name: with_options(service, driver=driver)
        for name in dir(tests)
        if isinstance(service := getattr(tests, name), Postgres | Store)
    }
    name = f"{tests.__name__}With{driver.capitalize()}"
    attributes = {"__module__": tests.__module__, "__doc__": tests.__doc__, "driver": driver}
    return type(name, (tests,), {**attributes, **services})


def with_options(service, **options):
    """Return a service with options for Postgres alone, where it is Postgres."""
    if isinstance(service, Store):
        return dataclasses.replace(service, postgres=Postgres(**options))
    return dataclasses.replace(service, **options)


def on(tests, *providers, **attributes):
    if tests is None:  # as `on_one_python` says
        return None
    module = sys.modules[tests.__module__]
    for provider in providers:
        name = f"{tests.__name__}On{provider.capitalize()}"
        own = {
            "__module__": tests.__module__,
            "__doc__": tests.__doc__,
            "environment": environment(provider),
            **attributes,
        }
        setattr(module, name, type(name, (tests, Conformance, HarnessTestCase), own))
    return tests


class Conformance:
    """What the tests of all providers use."""

    driver = "pg8000"
    needed = Postgres()  # where it cannot run, the tests are skipped, though they touch it not

    def run_inner(self, case, *methods):
        """Run a test case on this provider, its methods in that order; return the result."""
        case.environment = self.environment
        return run_inner(case, *methods)

    def store(self, **options):
        """Return a store, whose Postgres has the driver of these tests."""
        return Store(**options, postgres=Postgres(driver=self.driver))

    def sqlstate(self, raised):
        """Return the server's code of an error that `assertRaises` caught."""
        return sqlstate(raised.exception)

    def failure(self, assertion, *arguments, **options):
        """Return what an assertion on this test's database says that does not hold."""
        with self.assertRaises(AssertionError) as raised:
            assertion(self.db, *arguments, **options)
        return str(raised.exception)

    def raised_by(self, result):
        """Return the one exception that an inner run reported."""
        self.assertEqual(1, len(result.raised), result.raised)
        return result.raised[0]
