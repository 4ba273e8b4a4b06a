"""What a lease of Redis offers to a test, whatever the provider."""

import asyncio
import threading
import time

import redis

from harness import Redis, RedisLease
from harness.errors import CapabilityError, LeaseError, StartError, UnavailableError
from tests.integration.providers import on_every_provider


@on_every_provider
class RedisConformanceLease:
    needed = Redis()
    cache = Redis()

    def test_the_client_reads_what_it_wrote_as_bytes(self):
        self.cache.client.set("a", "1")

        self.assertEqual(b"1", self.cache.client.get("a"))
        self.assertIs(self.cache.client, self.cache.client)

    def test_the_next_test_sees_nothing_of_it(self):
        for _ in range(2):
            with self.other() as lease:
                self.assertEqual([], lease.keys())
                lease.client.set("a", "1")
                lease.client.rpush("list", *range(1000))
                lease.client.set("for a minute", "1", ex=60)

    def other(self, **options):
        return type(self).environment.lease(Redis(**options))

    def test_keys_are_sorted_texts_that_match_a_pattern(self):
        self.cache.client.mset({"b:1": "", "a:2": "", "a:1": "", "é☃": "", b"\xff": "", "a*": ""})

        self.assertEqual(["\\xff", "a*", "a:1", "a:2", "b:1", "é☃"], self.cache.keys())
        self.assertEqual(["a*", "a:1", "a:2"], self.cache.keys("a*"))
        self.assertEqual(["a*"], self.cache.keys(r"a\*"))
        self.assertEqual(["a:1", "b:1"], self.cache.keys("[ab]:1"))
        self.assertEqual([], self.cache.keys("nothing"))

    def test_keys_are_complete_and_named_once_where_there_are_many(self):
        names = sorted(f"key:{n}" for n in range(5000))
        self.cache.client.mset(dict.fromkeys(names, "x"))

        self.assertEqual(names, self.cache.keys())

    def test_flush_removes_all_keys(self):
        self.cache.client.mset({"a": "1", "b": "2"})

        self.cache.flush()

        self.assertEqual([], self.cache.keys())

    def test_the_url_connects_other_clients_to_the_database_of_the_test(self):
        async def ask():
            client = redis.asyncio.from_url(self.cache.url)
            try:
                return await client.get("a")
            finally:
                await client.aclose()

        with redis.Redis.from_url(self.cache.url, decode_responses=True) as client:
            client.set("a", "b")

        self.assertEqual(b"b", asyncio.run(ask()))
        self.assertEqual(["a"], self.cache.keys())
        self.assertTrue(self.cache.url.endswith(f"/{self.cache.database}"))

    def test_no_repr_shows_the_password(self):
        endpoint = self.cache.instance.endpoint

        self.assertTrue(endpoint.password)
        self.assertIn(endpoint.password, self.cache.url)
        for shown in (self.cache.url, self.cache, self.cache.instance, self.cache.client, endpoint):
            self.assertNotIn(endpoint.password, repr(shown))
        self.assertNotIn(endpoint.password, self.cache.instance.log)

    def test_database_0_is_not_given_to_tests(self):
        self.assertGreater(self.cache.database, 0)

    def test_pipelines_transactions_and_scripts_work(self):
        with self.cache.client.pipeline() as pipeline:
            pipeline.watch("a")
            pipeline.multi()
            pipeline.set("a", "1").incr("a")
            self.assertEqual([True, 2], pipeline.execute())
        script = self.cache.client.register_script("return redis.call('get', KEYS[1])")

        self.assertEqual(b"2", script(keys=["a"]))

    def test_messages_are_published_and_received(self):
        with self.cache.client.pubsub() as pubsub:
            pubsub.subscribe("news")
            self.assertEqual("subscribe", pubsub.get_message(timeout=5)["type"])
            self.assertGreaterEqual(self.cache.client.publish("news", "hello"), 1)
            self.assertEqual(b"hello", pubsub.get_message(timeout=5)["data"])

    def test_a_blocking_command_that_is_answered_is_no_leak(self):
        thread = threading.Thread(target=self.cache.client.blpop, args=("queue",))
        thread.start()
        self.cache.client.rpush("queue", "job")
        thread.join(5)

        self.assertFalse(thread.is_alive())

    def test_the_instance_says_what_the_server_is_and_can_do(self):
        instance = self.cache.instance
        info = self.cache.client.info("server")
        major = info["redis_version"].partition(".")[0]

        self.assertIsInstance(self.cache, RedisLease)
        self.assertEqual("redis", instance.kind)
        self.assertIn(f"redis.version.{major}", instance.capabilities)
        self.assertIn(f"redis.server.{info.get('server_name', 'redis')}", instance.capabilities)
        self.assertEqual(instance.provider == "external", instance.log == "")
        with self.assertRaisesRegex(CapabilityError, "cannot do: redis.module.search"):
            instance.need("redis.module.search")

    def test_a_lease_that_was_kept_refuses_everything_after_its_test(self):
        with self.other(name="kept") as lease:
            client = lease.client
            client.set("a", "1")

        uses = (
            lambda: lease.client,
            lambda: lease.url,
            lease.keys,
            lease.flush,
            lambda: client.get("a"),
            client.pipeline,
            client.pubsub,
        )
        for use in uses:
            with self.assertRaisesRegex(LeaseError, "was released"):
                use()

    def test_a_client_of_an_older_test_does_not_reach_the_next_ones_database(self):
        with self.other() as lease:
            client = lease.client
        with self.other() as lease, self.assertRaises(LeaseError):
            client.set("a", "1")

    def test_leases_that_are_held_at_once_have_databases_of_their_own(self):
        own = self.cache.database
        services = [Redis(name=f"number {n}") for n in range(3)]
        leases = [type(self).environment.lease(service) for service in services]
        try:
            for lease in leases:
                self.assertEqual([], lease.keys())
                lease.client.set(lease.service.name, "x")
            numbers = {lease.database for lease in leases}
            seen = [lease.keys() for lease in leases]
        finally:
            for lease in leases:
                lease.release()

        self.assertEqual([[service.name] for service in services], seen)
        self.assertEqual(3, len(numbers - {own}))

    def test_leases_of_threads_have_databases_of_their_own(self):
        failures = []

        def work(number):
            try:
                for _ in range(10):
                    with self.other() as lease:
                        self.assertEqual([], lease.keys())
                        lease.client.set(f"thread {number}", "x")
                        self.assertEqual([f"thread {number}"], lease.keys())
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        self.assertEqual([], failures)

    def test_a_version_that_is_not_there_is_refused(self):
        with self.assertRaises((StartError, UnavailableError)) as raised:
            self.other(version="3.2")

        self.assertIn("3.2", str(raised.exception))


@on_every_provider
class RedisConformanceConnections:
    needed = Redis()
    cache = Redis()

    def test_a_connection_that_was_killed_is_replaced(self):
        self.cache.client.set("a", "1")
        self.cache.client.client_kill_filter(_id=self.cache.client.client_id(), skipme=False)
        time.sleep(0.05)  # Docker's proxy takes its time to tell

        self.assertEqual(b"1", self.cache.client.get("a"))

    def test_a_connection_left_in_a_transaction_is_not_the_next_tests(self):
        with self.lease() as lease:
            lease.client.execute_command("MULTI")

        with self.lease() as lease:
            self.assertTrue(lease.client.set("a", "1"))

    def lease(self):
        return type(self).environment.lease(Redis())

    def test_killing_all_clients_loses_neither_the_database_nor_its_keys(self):
        self.cache.client.set("a", "1")
        with redis.Redis.from_url(self.cache.url) as client:
            for entry in client.client_list():
                if (
                    int(entry["db"]) == self.cache.database
                    and int(entry["id"]) != client.client_id()
                ):
                    client.client_kill_filter(_id=entry["id"])

        self.assertEqual(["a"], self.cache.keys())
        self.cache.flush()
        self.assertEqual([], self.cache.keys())
