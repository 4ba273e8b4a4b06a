"""What `proxied=True` does for Redis, whatever the provider and the proxy."""

import threading
import time

import redis

from harness import HarnessTestCase, Redis
from harness.errors import FaultError, LeaseError
from harness.faults import down, limit_data, reset_peer
from tests.integration.providers import on_embedded, on_every_provider_and_proxy

CUTS = [down(), reset_peer(), limit_data(bytes=3), limit_data(bytes=10, stream="upstream")]
LOST = (redis.ConnectionError, redis.TimeoutError)


@on_every_provider_and_proxy
class RedisConformance:
    needed = Redis(proxied=True)
    cache = Redis(proxied=True)

    def seconds(self, action, *arguments):
        began = time.monotonic()
        action(*arguments)
        return time.monotonic() - began

    def inner(self, **tests):
        return type("Inner", (HarnessTestCase,), {"cache": Redis(proxied=True), **tests})

    def test_what_the_code_sends_is_slowed_down_and_what_the_test_asks_is_not(self):
        with self.cache.toxics.latency(ms=100):
            self.assertGreater(self.seconds(self.cache.client.set, "a", 1), 0.098)
            self.assertLess(self.seconds(self.cache.keys), 0.098)
        self.assertLess(self.seconds(self.cache.client.get, "a"), 0.098)

    def test_a_url_leads_through_the_proxy_too(self):
        with redis.from_url(self.cache.url) as client:
            client.ping()
            with self.cache.toxics.latency(ms=100):
                self.assertGreater(self.seconds(client.ping), 0.098)

    def test_the_client_goes_on_after_a_cut(self):
        self.cache.client.set("a", 1)
        with self.cache.toxics.down():
            with self.assertRaises(LOST):
                self.cache.client.get("a")
            self.assertEqual(["a"], self.cache.keys())

        self.assertEqual(b"1", self.cache.client.get("a"))

    def test_a_connection_that_each_fault_cuts_is_no_failure_and_the_next_test_is_clean(self):
        def cut(fault):
            def test(case):
                case.cache.client.set("a", "x" * 100)
                with case.cache.toxics.having(fault), case.assertRaises(LOST):
                    case.cache.client.set("b", "x" * 100)
                    case.cache.client.get("a")

            return test

        def test_after(case):
            case.assertEqual([], case.cache.keys())
            case.cache.client.set("c", 1)

        cuts = {f"test_{i}a": cut(fault) for i, fault in enumerate(CUTS)}
        after = {f"test_{i}b": test_after for i, _ in enumerate(CUTS)}

        result = self.run_inner(self.inner(**cuts, **after), *sorted({**cuts, **after}))

        self.assertTrue(result.wasSuccessful(), result.text)
        self.assertEqual(2 * len(CUTS), result.testsRun)

    def test_what_a_test_forgot_is_gone_in_the_next_one(self):
        def test_a(case):
            case.cache.toxics.latency(ms=200).__enter__()
            case.cache.toxics.down().__enter__()

        def test_b(case):
            case.assertLess(self.seconds(case.cache.client.ping), 0.15)

        result = self.run_inner(self.inner(test_a=test_a, test_b=test_b), "test_a", "test_b")

        self.assertTrue(result.wasSuccessful(), result.text)

    def test_what_was_on_its_way_does_not_arrive_in_the_next_test(self):
        def test_a(case):
            case.cache.toxics.latency(ms=300, stream="upstream").__enter__()
            thread = threading.Thread(target=late, args=[case.cache.client])
            threads.append(thread)
            thread.start()
            time.sleep(0.02)

        def late(client):
            try:
                client.set("late", 1)
            except (*LOST, LeaseError):
                pass

        threads = []

        def test_b(case):
            case.assertEqual([], case.cache.keys())

        result = self.run_inner(self.inner(test_a=test_a, test_b=test_b), "test_a", "test_b")
        threads[0].join()

        self.assertTrue(result.wasSuccessful(), result.text)

    def test_a_subscriber_that_stays_is_a_leak_though_there_was_a_fault(self):
        def test(case):
            kept.append(case.cache.client.pubsub())
            kept[0].subscribe("news")
            kept[0].get_message(timeout=5)
            with case.cache.toxics.latency(ms=1):
                pass

        kept = []
        result = self.run_inner(self.inner(test=test))
        kept[0].close()

        self.assertIn("the test left 1 subscriber(s) on its database", result.text)

    def test_a_subscriber_that_a_fault_has_cut_is_none(self):
        def test(case):
            kept.append(case.cache.client.pubsub())
            kept[0].subscribe("news")
            kept[0].get_message(timeout=5)
            with case.cache.toxics.down():
                pass

        kept = []
        result = self.run_inner(self.inner(test=test))
        kept[0].close()

        self.assertTrue(result.wasSuccessful(), result.text)

    def test_toxics_end_with_the_lease(self):
        with self.environment.lease(Redis(proxied=True)) as lease:
            toxics = lease.toxics
            fault = toxics.latency(ms=5)
            fault.__enter__()
        with self.assertRaises(LeaseError):
            toxics.latency(ms=5).__enter__()
        fault.__exit__(None, None, None)  # which ends nobody else's


@on_embedded
class RedisDeclarationTest:
    needed = Redis(proxied=True)
    cache = Redis(proxied=True)
    plain = Redis()

    def test_it_shares_server_and_databases_with_what_is_not_proxied(self):
        self.assertIs(self.plain.instance, self.cache.instance)
        self.assertNotEqual(self.plain.database, self.cache.database)
        self.plain.client.set("a", 1)
        with self.cache.toxics.down():
            self.assertEqual(b"1", self.plain.client.get("a"))

    def test_what_is_not_proxied_says_how_to_declare_it(self):
        with self.assertRaises(FaultError) as raised:
            self.plain.toxics.latency(ms=5)

        self.assertEqual(
            "Redis() cannot have faults: its connections go straight to the server\n"
            "  likely cause: it was declared without proxied=True\n"
            "  next: write Redis(proxied=True)",
            str(raised.exception),
        )

    def test_the_dsn_of_a_database_is_the_same_in_each_test(self):
        seen = set()
        for _ in range(3):
            with self.environment.lease(Redis(proxied=True)) as lease:
                seen.add((lease.database, lease.url))
                lease.client.ping()
        self.assertEqual(1, len(seen), seen)

    def test_two_services_of_a_class_draw_apart_and_the_same_whatever_is_beside_them(self):
        def hits(cache):
            hit = []
            with cache.toxics.reset_peer(ms=0, toxicity=0.5):
                for _ in range(16):
                    try:
                        with redis.from_url(cache.url) as client:
                            client.ping()
                        hit.append(False)
                    except LOST:
                        hit.append(True)
            return tuple(hit)

        def drawn(*names):
            """Return what each draws in a test that has touched them in that order."""
            found = {}

            def test(case):
                found.update({name: hits(getattr(case, name)) for name in names})

            case = type("Inner", (HarnessTestCase,), {**services, "test": test})
            result = self.run_inner(case)
            self.assertTrue(result.wasSuccessful(), result.text)
            return found

        services = {
            "sessions": Redis(proxied=True),
            "prices": Redis(proxied=True, settings=(("maxmemory", "64mb"),)),
        }
        both = drawn("sessions", "prices")

        self.assertNotEqual(both["sessions"], both["prices"])
        self.assertEqual(both, {**drawn("prices"), **drawn("sessions")})
        self.assertEqual(both, drawn("prices", "sessions"))
