"""Commands that fail on Redis, on any connection through the fault proxy."""

import asyncio

import redis

from harness import HarnessTestCase, Redis
from harness.errors import FaultError
from tests.integration.providers import on_embedded, on_every_provider_through_ours


@on_every_provider_through_ours
class RedisConformance:
    needed = Redis(proxied=True)
    cache = Redis(proxied=True)

    def test_the_next_command_of_that_name_fails_and_is_not_carried_out(self):
        client = self.cache.client
        self.cache.fail_next("OOM command not allowed when used memory > 'maxmemory'", on="SET")
        client.execute_command("SETEX", "a", 100, 1)
        with self.assertRaises(redis.OutOfMemoryError) as raised:
            client.set("b", 1)
        self.assertIn("command not allowed", str(raised.exception))
        client.set("c", 1)
        self.assertEqual(["a", "c"], self.cache.keys())

    def test_names_stand_for_what_servers_say(self):
        client = self.cache.client
        for name, error in ERRORS.items():
            with self.subTest(name=name), self.cache.fail_next(name):
                self.assertRaises(error, client.get, "a")
        self.assertIsNone(client.get("a"))

    def test_a_command_inside_a_transaction_fails_and_the_transaction_with_it(self):
        pipeline = self.cache.client.pipeline().set("a", 1).incr("b").set("c", 1)
        with self.cache.fail_next("OOM", on="INCRBY"), self.assertRaises(redis.ResponseError):
            pipeline.execute()
        self.assertEqual([], self.cache.keys())
        self.assertEqual([True], self.cache.client.pipeline().set("a", 1).execute())

    def test_an_exec_fails_and_the_transaction_is_over(self):
        client = self.cache.client
        with self.cache.fail_next("READONLY", on="exec"), self.assertRaises(redis.ReadOnlyError):
            client.pipeline().set("a", 1).execute()
        self.assertEqual([], self.cache.keys())
        self.assertEqual([True, b"2"], client.pipeline().set("b", 2).get("b").execute())

    def test_in_a_pipeline_each_gets_its_own_reply(self):
        pipeline = self.cache.client.pipeline(transaction=False).set("a", 1).get("a").get("b")
        self.cache.fail_next("ERR as asked", on="get", after=1)
        found = pipeline.execute(raise_on_error=False)
        self.assertEqual([True, b"1"], found[:2])
        self.assertIn("as asked", str(found[2]))

    def test_connections_of_any_client_fail(self):
        for protocol in (2, 3):
            client = redis.from_url(self.cache.url, protocol=protocol)
            self.addCleanup(client.close)
            with self.cache.fail_next("BUSY"), self.assertRaises(redis.ResponseError):
                client.get("a")
            self.assertIsNone(client.get("a"))

    def test_a_client_that_tries_again_succeeds(self):
        client = redis.from_url(
            self.cache.url,
            retry=redis.retry.Retry(redis.backoff.NoBackoff(), 2),
            retry_on_error=[redis.ReadOnlyError],
        )
        self.addCleanup(client.close)
        failure = self.cache.fail_next("READONLY", on="incrby", times=2)
        self.assertEqual(1, client.incr("a"))
        self.assertEqual(2, failure.happened)

    def test_a_response_that_is_lost_was_carried_out(self):
        with self.cache.fail_next("connection_lost", on="incrby"):
            self.assertRaises(redis.ConnectionError, self.cache.client.incr, "a")
        self.assertEqual(b"1", self.cache.client.get("a"))

    def test_a_request_that_is_lost_was_not(self):
        with self.cache.fail_next("connection_lost", on="incrby", lost="request"):
            self.assertRaises(redis.ConnectionError, self.cache.client.incr, "a")
        self.assertIsNone(self.cache.client.get("a"))

    def test_the_response_to_an_exec_is_lost_and_all_is_there(self):
        with self.cache.fail_next("connection_lost", on="exec"):
            self.assertRaises(
                redis.ConnectionError, self.cache.client.pipeline().set("a", 1).execute
            )
        self.assertEqual(["a"], self.cache.keys())

    def test_redis_py_s_default_retries_count_twice(self):
        client = redis.Redis.from_url(self.cache.url, retry=redis.Redis().get_retry())
        self.addCleanup(client.close)
        self.cache.fail_next("connection_lost", on="incrby")
        self.assertEqual(2, client.incr("paid"))

    def test_asynchronous_clients_fail_too(self):
        async def use():
            async with redis.asyncio.from_url(self.cache.url) as client:
                await client.set("a", 1)
                self.cache.fail_next("OOM", on="set")
                with self.assertRaises(redis.OutOfMemoryError):
                    await client.set("a", 2)
                return await client.get("a")

        self.assertEqual(b"1", asyncio.run(use()))

    def test_a_subscriber_goes_on(self):
        client = self.cache.client
        with client.pubsub() as listener, self.cache.fail_next("OOM", on="publish"):
            listener.subscribe("news")
            self.assertEqual("subscribe", listener.get_message(timeout=5)["type"])
            self.assertRaises(redis.OutOfMemoryError, client.publish, "news", "a")
            client.publish("news", "b")
            self.assertEqual(b"b", listener.get_message(timeout=5)["data"])

    def test_one_that_never_happened_fails_the_test_and_nothing_is_left(self):
        def test_a(case):
            case.cache.fail_next("OOM", on="SET")
            case.cache.client.get("a")

        def test_b(case):
            case.cache.client.set("a", 1)

        names = {"cache": self.cache.service, "test_a": test_a, "test_b": test_b}
        result = self.run_inner(type("Inner", (HarnessTestCase,), names), "test_a", "test_b")

        self.assertEqual(
            "fail_next('OOM', on='SET') never happened\n"
            "    while it was armed, these came:\n"
            "      GET a\n"
            "  likely cause: on='SET' matches none of them\n"
            "  next: correct it: a regular expression for the begin of the statement, such as "
            '"update orders" or ".*for update"',
            str(self.raised_by(result)),
        )


ERRORS = {
    "READONLY": redis.ReadOnlyError,
    "LOADING": redis.exceptions.BusyLoadingError,
    "NOSCRIPT": redis.exceptions.NoScriptError,
    "NOPERM": redis.exceptions.NoPermissionError,
    "WRONGTYPE": redis.ResponseError,
}


@on_embedded
class EdgesTest:
    needed = Redis(proxied=True)

    def test_no_password_is_shown_among_what_came(self):
        def test(case):
            case.cache.fail_next("OOM", on="SET")
            redis.from_url(case.cache.url, protocol=3).get("a")

        case = type("Inner", (HarnessTestCase,), {"cache": Redis(proxied=True), "test": test})
        said = str(self.raised_by(self.run_inner(case)))
        self.assertIn("HELLO 3 AUTH ...", said)

    def test_it_needs_the_proxy(self):
        with self.environment.lease(Redis()) as lease, self.assertRaises(FaultError) as raised:
            lease.fail_next("OOM")
        self.assertEqual(
            "Redis() cannot have faults: its connections go straight to the server\n"
            "  likely cause: it was declared without proxied=True\n"
            "  next: write Redis(proxied=True)",
            str(raised.exception),
        )
