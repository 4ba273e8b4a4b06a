"""Sweeps over Redis: what redis-py's own attempts do to a counter."""

import socket

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from harness import Redis
from harness.errors import FaultError
from tests.integration.providers import on_embedded, on_every_provider_and_proxy


def increment(url, **options):
    """Count one visit, by a client of the action's own."""
    with redis.Redis.from_url(url, **options) as client:
        client.incrby("visits", 1)


def trying_again(url):
    """The same as redis-py does it by default, without its waits."""
    increment(url, retry=Retry(NoBackoff(), 3))


def trying_once(url):
    increment(url, retry=Retry(NoBackoff(), 0))


def in_transaction(url):
    client = redis.Redis.from_url(url, retry=Retry(NoBackoff(), 3))
    with client, client.pipeline(transaction=True) as pipe:
        pipe.incrby("visits", 1).decrby("left", 1).execute()


class Counting:
    def visits(self):
        return int(self.cache.client.get("visits") or 0)

    def check(self, cut):
        self.assertIn(self.visits(), (0, 1) if cut.error else (1,))

    def swept(self, action, **how):
        for cut in self.cache.sweep(lambda: action(self.cache.url), **how):
            with cut:
                self.check(cut)

    def found(self, action, **how):
        with self.assertRaises(AssertionError) as raised:
            self.swept(action, **how)
        return str(raised.exception)


@on_every_provider_and_proxy
class RedisSweepConformance(Counting):
    needed = Redis(proxied=True)
    cache = Redis(proxied=True)

    def test_attempts_of_the_client_count_twice_where_the_answer_is_lost(self):
        self.assertRegex(
            self.found(trying_again),
            r"(?s)^the check fails at 1 of \d+ losses on Redis\(proxied=True\)\n\n"
            r"lost: response of turn \d 'INCRBY visits 1', connection \d\n"
            r"then the action succeeded, and the check says\n"
            r"    2 not found in \(1,\)\n"
            r'repeat with only="\d:\d:response"\n',
        )

    def test_without_them_it_counts_once_or_says_so(self):
        self.swept(trying_once)
        self.swept(trying_once, by="message")


@on_embedded
class RedisSweepTest(Counting):
    cache = Redis(proxied=True)

    def test_a_transaction_that_is_tried_again_counts_twice_too(self):
        for by in "turn", "message":
            self.assertIn("2 not found in (1,)", self.found(in_transaction, by=by))

    def test_each_run_begins_with_the_keys_of_the_test_and_so_does_what_follows(self):
        client = self.cache.client
        client.set("a", b"\xff\x00")
        client.set("short", 1, px=60_000)
        client.lpush("list", 1, 2)
        seen = set()

        def action(url):
            seen.add((tuple(self.cache.keys()), self.cache.client.get("a")))
            increment(url)

        self.swept(action, lose="request")

        self.assertEqual({(("a", "list", "short"), b"\xff\x00")}, seen)
        self.assertEqual(["a", "list", "short"], self.cache.keys())
        self.assertTrue(50_000 < client.pttl("short") <= 60_000)
        self.assertEqual([b"2", b"1"], client.lrange("list", 0, -1))

    def test_many_keys_are_kept(self):
        client = self.cache.client
        client.mset({f"key {number}": number for number in range(2500)})
        self.swept(increment, lose="response", max_points=2)
        self.assertEqual(2500, client.dbsize())
        self.assertEqual(b"2499", client.get("key 2499"))

    def test_the_token_of_a_lock_may_be_another_one_in_each_run(self):
        def action(url):
            client = redis.Redis.from_url(url, retry=Retry(NoBackoff(), 0))
            with client, client.lock("counting", timeout=5, blocking=False):
                client.incrby("visits", 1)

        action(self.cache.url)  # from now on the server has the script that gives the lock back
        self.cache.flush()
        for by in "turn", "message":
            self.swept(action, by=by)

    def test_what_the_server_refuses_to_understand_is_swept_by_turn(self):
        address = self.cache.url.rpartition("@")[2].partition("/")[0].split(":")

        def action(url):
            with socket.create_connection((address[0], int(address[1])), 5) as own:
                own.sendall(b"*2\r\n*1\r\n$4\r\nPING\r\n$1\r\na\r\n")
                own.recv(100)

        runs = 0
        for cut in self.cache.sweep(lambda: action(self.cache.url)):
            with cut:
                runs += 1
        self.assertGreater(runs, 1)

    def test_the_client_of_the_lease_is_swept_as_well(self):
        seen = []
        for cut in self.cache.sweep(lambda: self.cache.client.incrby("visits", 1), lose="response"):
            with cut:
                seen.append(type(cut.error).__name__)
        self.assertIn("ConnectionError", seen)

    def test_what_is_not_proxied_says_how_to_declare_it(self):
        with self.environment.lease(Redis()) as lease, self.assertRaises(FaultError) as raised:
            lease.sweep(print)
        self.assertIn("next: write Redis(proxied=True)", str(raised.exception))
