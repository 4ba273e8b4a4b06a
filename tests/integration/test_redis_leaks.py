"""What a test of Redis must not leave: it is named, and the next one starts clean."""

import threading
import time

import redis

from harness import HarnessTestCase, Redis
from harness.errors import IsolationError, LeakError
from tests.integration.providers import PROVIDERS, on, on_every_provider


class Next(HarnessTestCase):
    """A test case whose second test starts clean, whatever the first one left."""

    cache = Redis()

    def test_b_next(self):
        self.assertEqual([], self.cache.keys())
        self.assertTrue(self.cache.client.set("a", "1"))


class Leaving:
    needed = Redis()

    def left_by(self, test):
        """Return the error for a test that leaves something; the test after it passes."""

        class Case(Next):
            test_a = test

        result = self.run_inner(Case, "test_a", "test_b_next")

        self.assertEqual(["test_a"], result.failed, result.text)
        error = self.raised_by(result)
        self.assertIn("likely cause: ", str(error))
        self.assertIn("next: ", str(error))
        return error

    def assertPasses(self, test):
        class Case(Next):
            test_a = test

        self.assertEqual([], self.run_inner(Case, "test_a", "test_b_next").raised)


def ended(thread):
    thread.join(5)
    return not thread.is_alive()


class Working(threading.Thread):
    """A thread that goes on until it fails."""

    def __init__(self, work):
        super().__init__(daemon=True)
        self.work = work
        self.failure = None
        self.start()
        time.sleep(0.05)

    def run(self):
        try:
            while True:
                self.work()
        except BaseException as error:
            self.failure = error


@on_every_provider
class RedisConformanceSubscribers(Leaving):
    def test_a_subscriber_is_named(self):
        kept = []

        def test(self):
            kept.append(self.cache.client.pubsub())
            kept[0].subscribe("news", "weather")
            kept[0].get_message(timeout=5)  # the server's confirmation

        error = self.left_by(test)

        self.assertIsInstance(error, LeakError)
        self.assertIn("the test left 1 subscriber(s) on its database", str(error))
        self.assertIn("last command: subscribe", str(error))

    def test_a_subscriber_of_patterns_over_a_connection_of_its_own_is_named(self):
        kept = []

        def test(self):
            kept.append(redis.Redis.from_url(self.cache.url, client_name="the-app"))
            kept.append(kept[0].pubsub())
            kept[1].psubscribe("news.*")
            kept[1].get_message(timeout=5)

        error = self.left_by(test)

        self.assertIn("(the-app, ", str(error))
        self.assertIn("psubscribe", str(error))
        kept[1].close()
        kept[0].close()

    def test_a_thread_that_listens_is_named_and_ends(self):
        threads = []

        def test(self):
            pubsub = self.cache.client.pubsub()
            pubsub.subscribe("news")
            threads.append(Working(lambda: pubsub.get_message(timeout=10)))

        error = self.left_by(test)

        self.assertIn("1 subscriber(s)", str(error))
        self.assertTrue(ended(threads[0]))

    def test_a_subscriber_that_was_closed_or_dropped_is_no_leak(self):
        def test(self):
            closed = self.cache.client.pubsub()
            closed.subscribe("news")
            closed.close()
            self.cache.client.pubsub().subscribe("news")

        self.assertPasses(test)

    def test_a_client_that_connects_again_does_not_reach_the_next_test(self):
        stop = threading.Event()
        threads = []

        def test(self):
            url = self.cache.url

            def listen():
                while not stop.is_set():
                    try:
                        with redis.Redis.from_url(url) as client, client.pubsub() as pubsub:
                            pubsub.subscribe("news")
                            client.set("from a thread", "x")
                            while not stop.is_set():
                                pubsub.get_message(timeout=0.2)
                    except redis.RedisError:
                        continue

            threads.append(threading.Thread(target=listen))
            threads[0].start()
            time.sleep(0.1)

        try:
            error = self.left_by(test)
        finally:
            stop.set()
            threads[0].join()
        self.assertIn("1 subscriber(s)", str(error))


@on_every_provider
class RedisConformanceBlockedClients(Leaving):
    def check(self, work):
        threads = []

        def test(self):
            client = self.cache.client
            threads.append(Working(lambda: work(client)))

        error = self.left_by(test)

        self.assertIsInstance(error, LeakError)
        self.assertIn("the test left 1 blocked client(s) on its database", str(error))
        self.assertTrue(ended(threads[0]))
        return error

    def test_a_thread_in_blpop_is_named_and_ends(self):
        self.assertIn("last command: blpop", str(self.check(lambda client: client.blpop("q"))))

    def test_a_thread_that_waits_again_and_again_is_named_and_ends(self):
        self.check(lambda client: client.blpop("q", timeout=10))

    def test_a_thread_that_waits_for_a_stream_is_named_and_ends(self):
        self.check(lambda client: client.xread({"events": "$"}, block=0))

    def test_the_code_s_own_connection_is_named_too(self):
        def test(self):
            url = self.cache.url

            def wait():
                with redis.Redis.from_url(url, client_name="the-worker") as client:
                    client.brpop("q")

            thread = Working(wait)
            self.addCleanup(lambda: None)
            threads.append(thread)

        threads = []
        error = self.left_by(test)

        self.assertIn("(the-worker, ", str(error))
        self.assertTrue(ended(threads[0]))


@on_every_provider
class RedisConformanceConfiguration(Leaving):
    def test_a_setting_that_was_changed_is_named_and_put_back(self):
        def test(self):
            before.append(self.cache.client.config_get("maxmemory*"))
            self.cache.client.config_set("maxmemory", "100mb")
            self.cache.client.config_set("maxmemory-policy", "allkeys-lru")

        before = []
        error = self.left_by(test)

        self.assertIsInstance(error, LeakError)
        self.assertIn("maxmemory from '0' to '104857600'", str(error))
        self.assertIn("maxmemory-policy from 'noeviction' to 'allkeys-lru'", str(error))
        self.assertIn("another one did while this test ran", str(error))
        self.assertIn("declare Redis(exclusive=True)", str(error))
        with type(self).environment.lease(Redis()) as lease:
            self.assertEqual(before[0], lease.client.config_get("maxmemory*"))

    def test_a_setting_that_the_test_put_back_is_no_leak(self):
        def test(self):
            self.cache.client.config_set("maxmemory", "100mb")
            self.cache.client.config_set("maxmemory", "0")

        self.assertPasses(test)

    def test_a_setting_with_two_names_is_named_once(self):
        def test(self):
            self.cache.client.config_set("replica-priority", "7")

        self.assertEqual(1, str(self.left_by(test)).count("priority"))

    def test_hiding_the_change_by_resetting_the_statistics_does_not_help(self):
        def test(self):
            self.cache.client.config_set("maxmemory", "100mb")
            self.cache.client.config_resetstat()

        self.assertIn("maxmemory", str(self.left_by(test)))


@on_every_provider
class RedisConformanceOtherDatabases(Leaving):
    def test_a_client_that_was_moved_to_another_database_is_named(self):
        def test(self):
            self.cache.client.execute_command("SELECT", 0)

        error = self.left_by(test)

        self.assertIsInstance(error, IsolationError)
        self.assertIn("the test's client was moved to database 0", str(error))


class RedisConformanceFlushedServer(Leaving):
    def test_a_failed_test_says_when_all_databases_were_emptied(self):
        class Case(HarnessTestCase):
            cache = Redis()

            def test_a(self):
                self.cache.client.flushall()
                self.fail("for another reason")

            def test_b(self):
                self.cache.client.flushdb()
                self.fail("for another reason")

        result = self.run_inner(Case, "test_a", "test_b")

        notes = ["\n".join(getattr(error, "__notes__", ())) for error in result.raised]
        self.assertIn("FLUSHALL was run on the Redis server", notes[0])
        self.assertNotIn("FLUSHALL", notes[1])


# Of somebody else's server it would empty all.
on(RedisConformanceFlushedServer, *(name for name in PROVIDERS if name != "external"))
