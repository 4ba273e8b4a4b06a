"""The brokers that the tests of Kafka run on: everywhere, and embedded twice."""

import atexit
import functools
import os
import sys
import tempfile

from harness import Environment, HarnessTestCase, Kafka
from harness.core.settings import Settings
from harness.errors import RequiredError, UnavailableError
from tests.integration.providers import PROVIDERS, Conformance, environment
from tests.support.registry import wait_until

HOME = "KAFKA_HOME"


@functools.cache
def broker(name):
    """Return the environment of one broker: `external`, `docker`, `jars` or `mock`."""
    if name not in ("jars", "mock"):
        return environment(name)
    made = embedded(name)
    atexit.register(made.close)
    return made


def embedded(name, **overrides):
    """Return a new environment of an embedded broker, `jars` or `mock`."""
    # Of the mock nothing is required: it is told to lack what the others have.
    left_out = (HOME, "HARNESS_REQUIRE") if name == "mock" else ()
    found = {key: value for key, value in os.environ.items() if key not in left_out}
    return Environment(Settings.read(environ=found), providers="embedded", **overrides)


EMBEDDED = ("mock", *["jars"] * bool(os.environ.get(HOME)))
BROKERS = tuple(
    name for provider in PROVIDERS for name in (EMBEDDED if provider == "embedded" else [provider])
)


def on_every_broker(tests):
    """Add to the module one test case for each broker, which differs in `environment` alone."""
    return on(tests, *BROKERS)


def on(tests, *brokers):
    if tests is None:  # as `on_one_python` says
        return None
    module = sys.modules[tests.__module__]
    for name in brokers:
        title = f"{tests.__name__}On{name.capitalize()}"
        own = {
            "__module__": tests.__module__,
            "__doc__": tests.__doc__,
            "environment": broker(name),
            "broker": name,
        }
        setattr(module, title, type(title, (tests, Conformance, HarnessTestCase), own))
    return tests


def own(test, name, **overrides):
    """Return an embedded broker with a registry of its own: nobody else uses it."""
    holder = tempfile.TemporaryDirectory(prefix="registry-")
    test.addCleanup(holder.cleanup)
    made = embedded(name, state_dir=holder.name, **overrides)
    test.addCleanup(made.close)
    return made


def need(test, name):
    """Skip a test where a broker cannot be had."""
    try:
        broker(name).choose(Kafka())
    except RequiredError:
        raise
    except UnavailableError as error:
        test.skipTest(str(error))


def await_deleted(topics, names):
    """Wait until a broker tells of topics no more: it hears of a deletion after who asked for it.

    Args:
        topics: Returns the topics that it tells of.
        names: Those that are to have gone.
    """
    wait_until(lambda: topics().isdisjoint(names), f"the deletion of {', '.join(sorted(names))}")
