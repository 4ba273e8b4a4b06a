"""Many processes on one Redis server: databases of their own, also after a SIGKILL."""

import redis

from tests.integration.foreign_redis import RedisSandboxTest, foreign_redis
from tests.integration.many import Killed, SideBySide
from tests.integration.providers import on_one_python

HEAD = """
from harness import Redis

class Suite(HarnessTestCase):
    cache = Redis()
    second = Redis(name="second")
"""

SUITE = (
    HEAD
    + """
    def work(self):
        for lease in (self.cache, self.second):
            self.assertEqual([], lease.keys())
            for n in range(20):
                lease.client.set(f"key {n}", os.getpid())
                time.sleep(0.001)
            self.assertEqual({str(os.getpid()).encode()}, set(lease.client.mget(lease.keys())))
            self.assertEqual(20, len(lease.keys()))

    test_a = test_b = test_c = test_d = test_e = work
"""
)

HOLDING = (
    HEAD
    + """
    def test(self):
        self.cache.client.set("left", "by a killed process")
        say(self.cache.url.rpartition("/")[0])
        say(str(self.cache.database))
        say("testing")
        time.sleep(60)
"""
)

TELLING = (
    HEAD
    + """
    def test(self):
        self.assertEqual([], self.cache.keys())
        say(f"database {self.cache.database}")
"""
)


@on_one_python
class SideBySideTest(SideBySide, RedisSandboxTest):
    suite = SUITE

    def test_embedded(self):
        self.check(self.sandbox("embedded"), 4)

    def test_in_docker(self):
        self.check(self.sandbox("docker"), 4)

    def test_on_somebody_elses_server(self):
        self.need("embedded")
        before = foreign_redis().contents()
        # eight databases but for number 0, the one that holds data, and the one for notes: five
        self.run_at_once(self.sandbox("external", REDIS_URL=foreign_redis().url()), 2)

        self.assertEqual(before, foreign_redis().contents())
        self.assertEqual([], foreign_redis().claims())

    def need(self, provider):
        super().need("embedded" if provider == "external" else provider)


@on_one_python
class KilledTest(Killed, RedisSandboxTest):
    holding = HOLDING
    telling = TELLING

    def check(self, provider):
        sandbox = self.sandbox(provider)

        held, left, found = self.run_after_a_kill(sandbox, self.look)

        self.assertEqual(held[0], left[0])
        self.assertIn(f"database {left[1]}\n", found)
        self.assertNothingLeft(sandbox)

    def look(self, _, left):
        with redis.Redis.from_url("/".join(left)) as client:
            self.assertEqual(1, client.dbsize())

    def test_what_a_killed_process_left_is_not_seen_by_the_next_one_embedded(self):
        self.check("embedded")

    def test_what_a_killed_process_left_is_not_seen_by_the_next_one_in_docker(self):
        self.check("docker")
