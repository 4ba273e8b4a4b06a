"""Servers of somebody else: read from a URL, and never one of another machine by accident."""

import unittest

from harness.core.recipe import UrlRecipe
from harness.errors import StartError
from harness.providers.external import PROVIDER, is_loopback
from tests.support.unit import DirectoryTest

RECIPE = UrlRecipe("DATABASE_URL", 5432, ("postgresql", "postgres"))


class ExternalTest(DirectoryTest):
    def start(self, url, **variables):
        return PROVIDER.start(RECIPE, self.settings(DATABASE_URL=url, **variables), None)

    def refused(self, url, **variables):
        with self.assertRaises(StartError) as caught:
            self.start(url, **variables)
        return str(caught.exception)

    def test_without_its_variable_it_refuses(self):
        self.assertEqual("DATABASE_URL is not set", PROVIDER.refusal(RECIPE, self.settings()))
        self.assertEqual(
            "DATABASE_URL is not set", PROVIDER.refusal(RECIPE, self.settings(DATABASE_URL=""))
        )
        self.assertIsNone(PROVIDER.refusal(RECIPE, self.settings(DATABASE_URL="x")))

    def test_a_url_is_read(self):
        running = self.start("postgresql+psycopg://me:pw@localhost/shop")

        self.assertEqual(("localhost", 5432), (running.endpoint.host, running.endpoint.port))
        self.assertEqual("pw", running.endpoint.password)

    def test_it_is_left_alone(self):
        running = self.start("postgres://127.0.0.1")

        running.stop()

        self.assertEqual((None, ""), (running.exit_state(), running.log()))
        self.assertIn("no server runs at 127.0.0.1:5432", running.likely_cause())

    def test_the_password_is_nowhere(self):
        url = "postgresql://me:secret@localhost/shop"

        self.assertEqual(
            "DATABASE_URL=postgresql://me:***@localhost/shop",
            PROVIDER.describe(RECIPE, self.settings(DATABASE_URL=url)),
        )
        self.assertNotIn("secret", repr(self.start(url)))

    def test_another_machine_is_refused(self):
        self.assertEqual(
            "DATABASE_URL names a server on another machine: db.example.com\n"
            "  likely cause: tests run against servers of this machine unless CI is set\n"
            "  next: set HARNESS_ALLOW_REMOTE=1 if that server is meant for tests",
            self.refused("postgresql://me:secret@db.example.com/shop"),
        )

    def test_another_machine_is_accepted_in_ci_and_by_setting(self):
        for variables in ({"CI": "true"}, {"HARNESS_ALLOW_REMOTE": "1"}):
            with self.subTest(variables):
                running = self.start("postgresql://db.example.com/shop", **variables)
                self.assertEqual("db.example.com", running.endpoint.host)

    def test_another_kind_of_server_is_refused(self):
        self.assertEqual(
            "DATABASE_URL has the value 'mysql://me:***@localhost/shop'\n"
            "  likely cause: mysql:// is for another kind of server\n"
            "  next: write postgresql://user:password@host:5432/database, "
            "or leave DATABASE_URL out with HARNESS_PROVIDERS=docker,embedded",
            self.refused("mysql://me:secret@localhost/shop"),
        )

    def test_what_is_no_url_is_refused_without_its_password(self):
        for url in (
            "localhost",
            "postgresql:///shop",
            "postgresql://me:secret@[::1/shop",
            "postgresql://me:sec/secret@localhost/shop",
            "postgresql://me:secret@localhost:port/shop",
            "host=localhost password=secret",
        ):
            with self.subTest(url):
                message = self.refused(url)
                self.assertIn("DATABASE_URL has the value", message)
                self.assertIn("next: write postgresql://", message)
                self.assertNotIn("secret", message)
                self.assertNotIn("'sec'", message)
                PROVIDER.describe(RECIPE, self.settings(DATABASE_URL=url))


class LoopbackTest(unittest.TestCase):
    def test_this_machine_is_told_by_name_or_address(self):
        for host in ("localhost", "127.0.0.1", "127.1.2.3", "::1"):
            self.assertTrue(is_loopback(host), host)
        for host in ("10.0.0.1", "example.com", "localhost.example.com", "::", "0.0.0.0", ""):
            self.assertFalse(is_loopback(host), host)


SERVERS = UrlRecipe("BROKERS", 9092, ("kafka",), servers="servers")


class AddressesTest(DirectoryTest):
    """A variable that may hold the addresses of several servers, and no URL."""

    def endpoint(self, text):
        return PROVIDER.start(SERVERS, self.settings(BROKERS=text), None).endpoint

    def test_one_address_is_a_server(self):
        for text, place in (
            ("127.0.0.1:4711", ("127.0.0.1", 4711)),
            ("localhost", ("localhost", 9092)),
            ("[::1]:4711", ("::1", 4711)),
        ):
            found = self.endpoint(text)
            self.assertEqual((*place, ()), (found.host, found.port, found.options))

    def test_several_are_kept_together(self):
        self.assertEqual("localhost", self.endpoint("localhost,127.0.0.1").host)
        found = self.endpoint("localhost:1, 127.0.0.1:2,[::1]:3")

        self.assertEqual(("localhost", 1), (found.host, found.port))
        self.assertEqual({"servers": "localhost:1, 127.0.0.1:2,[::1]:3"}, dict(found.options))

    def test_each_of_them_has_to_be_of_this_machine(self):
        for text in (
            "far:1",
            "localhost:1,far:2",
            "localhost,far",
            "kafka://localhost:1?servers=localhost:1,far:2",
        ):
            with self.assertRaisesRegex(StartError, "names a server on another machine: far"):
                self.endpoint(text)

    def test_a_url_is_one_all_the_same(self):
        found = self.endpoint("kafka://me:pw@localhost:1?a=b")

        self.assertEqual(("me", "pw", (("a", "b"),)), (found.user, found.password, found.options))

    def test_what_is_no_address_is_refused(self):
        with self.assertRaisesRegex(
            StartError, "(?s)BROKERS has the value 'localhost:x'.*write kaf"
        ):
            self.endpoint("localhost:x")
