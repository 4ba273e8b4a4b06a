"""Somebody else's Redis server, for the tests of what is never done to one."""

import atexit
import dataclasses
import functools

import redis

from harness import Environment, Redis
from harness.errors import RequiredError, UnavailableError
from tests.integration.providers import environment
from tests.integration.sandbox import SandboxTest

PASSWORD = "a b:c@d/e%f"  # what a URL has to escape
DATABASES = 8
USED = 2  # a database that holds data


class ForeignRedis:
    """A server with a few databases, two of which hold data.

    Args:
        environment: Where it runs; as an embedded server, which knows nothing of its use here.
        settings: Of the server.
    """

    def __init__(self, environment, *settings):
        service = Redis(settings=(("databases", str(DATABASES)), *settings))
        self.endpoint = environment.instance(service).endpoint
        self.ask(0, "FLUSHALL")
        self.ask(0, "MSET", "customer:1", "ada", "customer:2", "grace")
        self.ask(USED, "SET", "visits", "4711")

    def url(self, database=0, **parts):
        """Return a URL for the server: of the user that may do all, unless `parts` differ."""
        return str(dataclasses.replace(self.endpoint, **parts).url("redis", str(database)))

    def user(self, name, *rules):
        """Make a user and return a URL for it."""
        self.ask(0, "ACL", "SETUSER", name, "reset", "on", f">{PASSWORD}", *rules)
        return self.url(user=name, password=PASSWORD)

    def connect(self, database):
        """Return a client: in a database where one is connected, no test is run."""
        return redis.Redis.from_url(self.url(database))

    def ask(self, database, *command):
        with self.connect(database) as client:
            return client.execute_command(*command)

    def contents(self):
        """Return all keys with their values, by database."""
        return {number: found for number in range(DATABASES) if (found := self.dump(number))}

    def dump(self, number):
        with self.connect(number) as client:
            return {key: client.dump(key) for key in client.scan_iter()}

    def claims(self):
        """Return the databases that somebody of ours has claimed."""
        with self.connect(0) as client:
            names = [entry["name"] for entry in client.client_list()]
        return sorted(name for name in names if name.startswith("harness-"))


@functools.cache
def foreign_redis():
    """Return the server of this process, started at first use."""
    environment = Environment(providers="embedded")
    atexit.register(environment.close)
    return ForeignRedis(environment)


class RedisSandboxTest(SandboxTest):
    """A test that runs suites with Redis in sandboxes."""

    def need(self, provider):
        try:
            environment(provider).choose(Redis())
        except RequiredError:
            raise
        except UnavailableError as error:
            self.skipTest(str(error))
