"""Somebody else's Redis server: it is as it was, and what cannot be used is said."""

import contextlib
import os
import socket
import time
import unittest
from unittest import mock

import redis

from harness import Environment, Redis
from harness.core.settings import Settings
from harness.errors import StartError, UnavailableError
from harness.providers.external import PROVIDER
from tests.integration.foreign_redis import (
    DATABASES,
    PASSWORD,
    USED,
    ForeignRedis,
    RedisSandboxTest,
    foreign_redis,
)
from tests.integration.providers import on_one_python
from tests.integration.sandbox import wait_for
from tests.integration.test_external_refusals import http_server

SUITE = """
from harness import Redis

class Suite(HarnessTestCase):
    cache = Redis()

    def setUp(self):
        self.assertEqual([], self.cache.keys())
        self.cache.client.set("a", "1")

    def test_a(self):
        say("testing")
        {body}

    def test_b(self):
        self.cache.client.rpush("list", 1, 2, 3)
"""
QUICK = 8.0


class ForeignTest(RedisSandboxTest):
    def setUp(self):
        self.need("embedded")
        self.server = foreign_redis()

    def sandbox_on(self, url, **variables):
        return self.sandbox("external", REDIS_URL=url, **variables)

    def need(self, provider):
        super().need("embedded")

    @contextlib.contextmanager
    def leased(self, url, service=None, **variables):
        settings = Settings.read(environ={"REDIS_URL": url, **variables})
        with (
            Environment(settings, providers="external") as environment,
            environment.lease(service or Redis()) as lease,
        ):
            yield lease


@on_one_python
class UntouchedTest(ForeignTest):
    def test_all_databases_are_as_they_were_after_any_run(self):
        before = self.server.contents()
        sandbox = self.sandbox_on(self.server.url())
        for body, expected in (("pass", 0), ("self.fail()", 1), ("os.kill(os.getpid(), 2)", None)):
            with self.subTest(body):
                code, printed = sandbox.run(SUITE.format(body=body))

                self.assertIn("testing", printed)
                self.assertTrue(code == expected if expected is not None else code, printed)
                self.assertEqual(before, self.server.contents())
                self.assertEqual([], self.server.claims())

    @unittest.skipUnless(os.environ.get("REDIS_URL"), "REDIS_URL is not set")
    def test_the_server_of_this_machine_is_untouched_too(self):
        url = os.environ["REDIS_URL"]
        with redis.Redis.from_url(url) as client:
            before = {key: client.dump(key) for key in client.scan_iter()}
            if not before:
                self.skipTest("the database in REDIS_URL is empty")

            code, printed = self.sandbox_on(url).run(SUITE.format(body="pass"))

            self.assertEqual(0, code, printed)
            self.assertEqual(before, {key: client.dump(key) for key in client.scan_iter()})

    def test_only_databases_are_used_that_are_empty_and_that_the_url_does_not_name(self):
        for url in (self.server.url(1), self.server.url() + "?db=1"):
            with self.leased(url) as first, self.leased(url) as second:
                self.assertFalse({first.database, second.database} & {0, 1, USED})
                self.assertTrue(first.url.endswith(f"/{first.database}"), first.url)

    def test_a_database_that_somebody_works_in_is_not_used(self):
        with redis.Redis.from_url(self.server.url(1)) as client:
            client.ping()
            with self.leased(self.server.url()) as lease:
                self.assertNotIn(lease.database, (0, 1, USED))

    def test_a_database_is_ours_as_long_as_we_hold_it_and_free_afterwards(self):
        with self.leased(self.server.url()) as lease:
            lease.client.set("a", "1")
            claims = self.server.claims()
        self.assertTrue(any(f"-db{lease.database}-" in name for name in claims), claims)
        self.assertEqual([], self.server.claims())

    def test_a_lease_that_was_never_released_leaves_an_empty_database(self):
        before = self.server.contents()
        settings = Settings.read(environ={"REDIS_URL": self.server.url()})
        with Environment(settings, providers="external") as environment:
            environment.lease(Redis()).client.set("a", "1")

        self.assertEqual(before, self.server.contents())


@on_one_python
class OrphanTest(ForeignTest):
    def killed(self):
        """Run a suite and kill it in the middle; return its sandbox."""
        sandbox = self.sandbox_on(self.server.url())
        process = sandbox.start(SUITE.format(body="time.sleep(60)"))
        wait_for(process, "testing")
        process.kill()
        process.wait()
        return sandbox

    def setUp(self):
        super().setUp()
        self.before = self.server.contents()
        self.addCleanup(self.tidy)

    def tidy(self):
        for number in self.server.contents().keys() - self.before.keys():
            self.server.ask(number, "FLUSHDB")

    def test_what_a_killed_run_left_is_emptied_by_the_next_of_its_registry_alone(self):
        sandbox, other = self.killed(), self.sandbox_on(self.server.url())
        left = self.server.contents()
        self.assertEqual(2, len(left) - len(self.before))  # the test's, and the notes

        code, printed = other.run(SUITE.format(body="pass"))
        self.assertEqual((0, left), (code, self.server.contents()), printed)

        code, printed = sandbox.run(SUITE.format(body="pass"))
        self.assertEqual((0, self.before), (code, self.server.contents()), printed)

    def test_a_database_of_a_run_that_still_works_is_not_emptied(self):
        sandbox = self.sandbox_on(self.server.url())
        process = sandbox.start(SUITE.format(body="time.sleep(60)"))
        wait_for(process, "testing")
        during = self.server.contents()

        code, printed = sandbox.run(SUITE.format(body="pass"))

        self.assertEqual((0, during), (code, self.server.contents()), printed)
        self.assertIsNone(process.poll())

    def test_what_only_looks_like_notes_is_left_alone(self):
        registry = self.sandbox_on(self.server.url()).registry
        for key, fields in (
            ("harness:databases", ("x", registry, "-1", registry, "99", registry, "0", registry)),
            ("harness:database", ("2", registry)),
        ):
            with self.subTest(key):
                self.server.ask(1, "HSET", key, *fields)
                with self.leased(self.server.url()):
                    pass
                after = self.server.contents()
                self.server.ask(1, "FLUSHDB")
                self.assertEqual(self.before, {n: v for n, v in after.items() if n != 1})

    def test_without_a_database_for_notes_tests_run_all_the_same(self):
        others = [number for number in range(2, DATABASES) if number != USED]
        for number in others:
            self.server.ask(number, "SET", "taken", "x")
        try:
            with self.leased(self.server.url()) as lease:
                self.assertEqual(1, lease.database)
        finally:
            for number in others:
                self.server.ask(number, "DEL", "taken")
        self.assertEqual(self.before, self.server.contents())


@on_one_python
class RefusalTest(ForeignTest):
    def refused(self, url, *words, service=None, kind=StartError, **variables):
        """Return the error for a URL; it says all the words, is quick, and hides the password."""
        began = time.monotonic()
        with self.assertRaises(kind) as raised, self.leased(url, service, **variables):
            pass
        self.assertLess(time.monotonic() - began, QUICK)
        text = str(raised.exception)
        for word in ("next: ", *words):
            self.assertIn(word, text)
        for secret in (PASSWORD, self.server.endpoint.password):
            self.assertNotIn(secret, text)
        return text

    def test_a_password_with_every_special_character_works(self):
        with self.leased(self.server.user("friend", "~*", "&*", "+@all")) as lease:
            lease.client.set("a", "1")
            self.assertEqual(["a"], lease.keys())

    def test_a_password_without_a_user_works(self):
        with self.leased(self.server.url().replace("//default:", "//:")) as lease:
            self.assertEqual([], lease.keys())

    def test_a_wrong_password(self):
        self.refused(
            self.server.url(password="secret-and-wrong"),
            f"Redis at 127.0.0.1:{self.server.endpoint.port} refuses the log-in",
            "likely cause: the user or the password is wrong",
            "next: correct the user and the password in REDIS_URL",
        )

    def test_no_password_at_all(self):
        self.refused(f"redis://127.0.0.1:{self.server.endpoint.port}", "refuses the log-in")

    def test_a_user_who_may_not_do_what_we_need(self):
        url = self.server.user("guest", "~*", "&*", "+@all", "-client")

        self.refused(url, "refuses what the harness needs", "let the user run CLIENT")

    def test_a_user_who_may_not_configure_can_run_tests(self):
        with self.leased(self.server.user("clerk", "~*", "&*", "+@all", "-config")) as lease:
            lease.client.set("a", "1")

    @mock.patch.object(PROVIDER, "patience", 0.5)
    def test_a_port_on_which_nobody_listens(self):
        with socket.socket() as holder:
            holder.bind(("127.0.0.1", 0))
            self.refused(f"redis://127.0.0.1:{holder.getsockname()[1]}", "refused")

    @mock.patch.object(PROVIDER, "patience", 0.5)
    def test_a_listener_that_never_answers(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.refused(f"redis://127.0.0.1:{listener.getsockname()[1]}", "was not ready within")

    @mock.patch.object(PROVIDER, "patience", 0.5)
    def test_a_listener_that_is_no_redis(self):
        with http_server() as port:
            self.refused(f"redis://127.0.0.1:{port}", f"127.0.0.1:{port}")

    def test_a_server_that_speaks_no_tls(self):
        with mock.patch.object(PROVIDER, "patience", 0.5):
            self.refused(self.server.url().replace("redis:", "rediss:"), "was not ready within")

    def test_urls_that_are_none(self):
        for url, words in {
            "postgresql://root@127.0.0.1/1": "postgresql:// is for another kind of server",
            "nonsense": "it is not a URL with a host",
            "redis:///1": "it is not a URL with a host",
        }.items():
            with self.subTest(url):
                self.refused(url, words, "REDIS_URL", "redis://user:password@host:6379")

    def test_a_database_that_is_no_number(self):
        self.refused(
            self.server.url().removesuffix("/0") + "/shop",
            "REDIS_URL names the database 'shop', which is no number",
        )

    def test_an_option_that_is_unknown(self):
        self.refused(
            self.server.url() + "?colour=blue", "cannot use the options in REDIS_URL", "colour"
        )

    def test_an_option_with_a_value_that_is_none(self):
        self.refused(
            self.server.url() + "?socket_timeout=soon", "Invalid value for", "socket_timeout"
        )

    def test_options_that_are_known_reach_the_clients(self):
        with self.leased(self.server.url() + "?decode_responses=1&client_name=app") as lease:
            lease.client.set("a", "1")

            self.assertEqual("1", lease.client.get("a"))
            self.assertEqual("app", lease.client.client_getname())

    def test_a_host_that_is_unknown(self):
        self.refused(
            "redis://nowhere.invalid:6379",
            "the host of nowhere.invalid:6379 is unknown",
            HARNESS_ALLOW_REMOTE="1",
        )

    def test_a_host_that_is_not_this_machine_is_not_even_asked(self):
        self.refused(
            "redis://cache.example.com",
            "names a server on another machine: cache.example.com",
            "next: set HARNESS_ALLOW_REMOTE=1 if that server is meant for tests",
        )

    def test_a_version_that_the_server_has_not(self):
        self.refused(
            self.server.url(), "and version='3.2' was asked for", service=Redis(version="3.2")
        )

    def test_settings_and_an_image_are_for_servers_of_ours(self):
        for service in (Redis(settings=(("maxmemory", "1mb"),)), Redis(image="redis")):
            with self.subTest(service):
                text = self.refused(self.server.url(), service=service, kind=UnavailableError)
                self.assertRegex(text, "(settings|image)=.* asked for")

    def test_a_server_all_of_whose_databases_are_taken(self):
        free = [n for n in range(1, DATABASES) if n != USED]
        for number in free:
            self.server.ask(number, "SET", "taken", "x")
        try:
            text = self.refused(
                self.server.url(),
                "no numbered database is free on Redis at 127.0.0.1",
                "next: raise `databases`",
            )
        finally:
            for number in free:
                self.server.ask(number, "DEL", "taken")

        self.assertIn("    1: holds 1 keys", text)

    def test_a_server_with_one_database(self):
        with Environment(providers="embedded") as environment:
            server = ForeignRedis.__new__(ForeignRedis)
            server.endpoint = environment.instance(Redis(settings=(("databases", "1"),))).endpoint

            self.refused(server.url(), "no numbered database is free")

    def test_a_node_of_a_cluster(self):
        with socket.create_server(("127.0.0.1", 0)) as free:  # else it takes its own and 10 000
            port = str(free.getsockname()[1])
        cluster = Redis(settings=(("cluster-enabled", "yes"), ("cluster-port", port)))
        with (
            Environment(providers="embedded") as environment,
            self.assertRaises(StartError) as raised,
        ):
            environment.lease(cluster)

        self.assertIn("is a node of a cluster", str(raised.exception))
