"""A Redis server that dies: one error that says how; and a test's own, killed on purpose."""

import redis

from harness import Environment, HarnessTestCase, Redis
from harness.errors import LeaseError, ServiceDiedError
from tests.integration.foreign_redis import RedisSandboxTest
from tests.integration.inner import run_inner
from tests.integration.providers import PROVIDERS, on


class DeathTest(RedisSandboxTest):
    def setUp(self):
        self.need("embedded")
        self.environment = Environment(providers="embedded")
        self.addCleanup(self.environment.close)

    def run_case(self, *methods, **tests):
        attributes = {
            "environment": self.environment,
            # of its own kind, so that no other process shares it
            "cache": Redis(settings=(("maxmemory-samples", "7"),)),
            **tests,
        }
        return run_inner(type("Case", (HarnessTestCase,), attributes), *methods)

    def assertDied(self, error):
        self.assertIsInstance(error, ServiceDiedError)
        text = str(error)
        self.assertIn("redis on embedded died: ", text)
        self.assertIn("likely cause: it crashed, or was killed from outside", text)
        self.assertIn("Ready to accept connections", text)
        self.assertIn("next: ", text)

    def test_the_test_and_those_after_it_say_so(self):
        def test_a(self):
            self.cache.client.set("a", "1")

        def test_b(self):
            self.cache.client.set("a", "1")
            self.cache.instance.running.kill()
            self.cache.keys()

        def test_c(self):
            self.cache.keys()

        result = self.run_case(test_a=test_a, test_b=test_b, test_c=test_c, test_d=test_c)

        self.assertEqual(["test_b", "test_c", "test_d"], result.failed, result.text)
        for error in result.raised:
            self.assertDied(error)

    def test_a_death_that_no_command_has_met_is_found_when_the_test_ends(self):
        def test(self):
            self.cache.client.set("a", "1")
            self.cache.instance.running.kill()

        (error,) = self.run_case(test=test).raised

        self.assertDied(error)

    def test_code_that_uses_the_client_gets_redis_pys_error_and_the_reason(self):
        def test(self):
            self.cache.client.set("a", "1")
            self.cache.instance.running.kill()
            self.cache.client.get("a")

        (error,) = self.run_case(test=test).raised

        self.assertIsInstance(error, redis.ConnectionError)
        self.assertIn("redis on embedded died: ", "\n".join(error.__notes__))

    def test_so_does_a_pipeline(self):
        def test(self):
            pipeline = self.cache.client.pipeline()
            self.cache.instance.running.kill()
            pipeline.set("a", "1").execute()

        (error,) = self.run_case(test=test).raised

        self.assertIsInstance(error, redis.ConnectionError)
        self.assertIn("redis on embedded died: ", "\n".join(error.__notes__))

    def test_an_outage_that_the_code_swallows_fails_the_test_all_the_same(self):
        def test(self):
            self.cache.instance.running.kill()
            try:
                self.cache.client.set("a", "1")
            except redis.ConnectionError:
                pass

        (error,) = self.run_case(test=test).raised

        self.assertIn("died", "\n".join([str(error), *getattr(error, "__notes__", ())]))

    def test_a_lease_after_the_environment_was_closed_says_so(self):
        lease = self.environment.lease(Redis())
        self.environment.close()

        with self.assertRaisesRegex(LeaseError, "after its environment was closed"):
            lease.keys()


class RedisConformanceExclusive:
    needed = Redis()
    cache = Redis(exclusive=True)

    def test_a_server_of_its_own_is_killed_and_comes_back_empty(self):
        self.cache.client.set("a", "1")
        self.cache.instance.kill()

        with self.assertRaises(redis.ConnectionError):
            self.cache.client.get("a")
        self.cache.instance.restart()

        self.assertEqual([], self.cache.keys())
        self.cache.client.set("a", "2")
        self.assertEqual(b"2", self.cache.client.get("a"))

    def test_one_that_is_left_dead_is_alive_for_the_next_test(self):
        self.cache.client.set("a", "1")
        self.cache.instance.kill()

    def test_one_that_is_left_paused_goes_on_for_the_next_test(self):
        self.cache.client.set("a", "1")
        self.cache.instance.pause()

    def test_its_configuration_is_put_back_all_the_same(self):
        case = type("Case", (HarnessTestCase,), {"cache": Redis(exclusive=True), "test": configure})

        error = self.raised_by(self.run_inner(case))

        self.assertIn("maxmemory from '0' to '1048576'", str(error))

    test_z_the_next_test_works = test_a_server_of_its_own_is_killed_and_comes_back_empty


def configure(self):
    self.cache.client.config_set("maxmemory", "1mb")


# Somebody else's server is never killed.
on(RedisConformanceExclusive, *(name for name in PROVIDERS if name != "external"))
