"""Many processes on one Redis server: databases of their own, also after a SIGKILL."""

import signal

import redis

from tests.integration.foreign_redis import RedisSandboxTest, foreign_redis
from tests.integration.providers import on_one_python
from tests.integration.sandbox import PATIENCE, wait_for

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
        say(self.cache.url)
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
class SideBySideTest(RedisSandboxTest):
    def run_at_once(self, sandbox, count):
        processes = [sandbox.start(SUITE) for _ in range(count)]
        for process in processes:
            printed, _ = process.communicate(timeout=PATIENCE)
            self.assertEqual(0, process.returncode, printed)

    def test_embedded(self):
        sandbox = self.sandbox("embedded")
        self.run_at_once(sandbox, 4)

        self.assertNothingLeft(sandbox)

    def test_in_docker(self):
        sandbox = self.sandbox("docker")
        self.run_at_once(sandbox, 4)

        self.assertNothingLeft(sandbox)

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
class KilledTest(RedisSandboxTest):
    def check(self, provider):
        sandbox = self.sandbox(provider)
        holder = sandbox.start(HOLDING)  # keeps the server
        lines = wait_for(holder, "testing")
        held = lines[-1].strip()
        killed = sandbox.start(HOLDING)
        url = wait_for(killed, "testing")[-1].strip()
        killed.kill()
        killed.wait()
        with redis.Redis.from_url(url) as client:
            self.assertEqual(1, client.dbsize())

        code, printed = sandbox.run(TELLING)

        self.assertEqual(0, code, printed)
        number = url.rpartition("/")[2]
        self.assertIn(f"database {number}\n", printed)
        self.assertEqual(held.rpartition("/")[0], url.rpartition("/")[0])
        holder.send_signal(signal.SIGINT)
        holder.communicate(timeout=PATIENCE)
        self.assertNothingLeft(sandbox)

    def test_what_a_killed_process_left_is_not_seen_by_the_next_one_embedded(self):
        self.check("embedded")

    def test_what_a_killed_process_left_is_not_seen_by_the_next_one_in_docker(self):
        self.check("docker")
