"""Endpoints and their URLs, which never show a password by accident."""

import copy
import pickle
import unittest

from harness.core.endpoint import Dsn, Endpoint, masked

SPECIAL = "p:a/b@c?d#e%f&g=h i'\"\\é€[]"


class MaskedTest(unittest.TestCase):
    def test_only_the_password_is_masked(self):
        for url, expected in {
            "postgresql://me:secret@h:5/d?a=b#f": "postgresql://me:***@h:5/d?a=b#f",
            "postgresql+asyncpg://me:secret@h/d": "postgresql+asyncpg://me:***@h/d",
            "redis://:secret@h": "redis://:***@h",
            "postgresql://me:secret@[::1]:5/d": "postgresql://me:***@[::1]:5/d",
            "postgresql://me:@h/d": "postgresql://me:***@h/d",
        }.items():
            with self.subTest(url):
                self.assertEqual(expected, masked(url))

    def test_without_a_password_nothing_changes(self):
        for url in (
            "",
            "h",
            "postgresql://",
            "postgresql://h:5/d",
            "postgresql://me@h:5/d?a=b",
            "postgresql://[::1]:5/d",
            "postgresql://me@[::1]:5/d",
            "/var/run/socket",
        ):
            with self.subTest(url):
                self.assertEqual(url, masked(url))

    def test_what_is_no_proper_url_is_masked_too(self):
        for url in (
            "postgresql://me:secret@[::1/d",
            "postgresql://me:sec/secret@h/d",
            "postgresql://me:sec?secret@h/d",
            "postgresql://me:sec#secret@h/d",
            "postgresql://me:sec@secret@h/d",
            "postgresql://me@corp:secret@h/d",
            "postgresql://a/b:secret@h/d",
            "postgresql://me:\u2100secret@h/d",
            "postgresql:me:secret@h/d",
            "me:secret@h/d",
            "postgresql://h/d?user=me&password=secret",
            "postgresql://h/d?sslpassword=secret&a=b",
            "host=h password=secret user=me",
            "host=h password='top secret' user=me",
        ):
            with self.subTest(url):
                self.assertNotIn("secret", masked(url))
                self.assertIn("***", masked(url))


class DsnTest(unittest.TestCase):
    dsn = Dsn("postgresql://me:secret@h/d")

    def test_its_repr_is_masked_and_itself_is_not(self):
        self.assertEqual("'postgresql://me:***@h/d'", repr(self.dsn))
        self.assertEqual("postgresql://me:secret@h/d", self.dsn)
        self.assertIn("secret", f"{self.dsn}")
        self.assertIn("secret", str(self.dsn))

    def test_it_is_a_string(self):
        self.assertIsInstance(self.dsn, str)
        self.assertEqual({self.dsn: 1}, {str(self.dsn): 1})

    def test_containers_of_it_are_masked(self):
        self.assertNotIn("secret", repr([self.dsn, {"url": self.dsn}]))

    def test_copies_are_masked(self):
        for twin in (copy.copy(self.dsn), pickle.loads(pickle.dumps(self.dsn))):
            self.assertEqual(self.dsn, twin)
            self.assertNotIn("secret", repr(twin))


class ParseTest(unittest.TestCase):
    def test_all_parts_are_read(self):
        endpoint = Endpoint.parse("postgresql://me:pw@h:6000/shop?sslmode=disable&a=b%26c", 5432)

        self.assertEqual(("h", 6000), (endpoint.host, endpoint.port))
        self.assertEqual(
            ("me", "pw", "shop"), (endpoint.user, endpoint.password, endpoint.database)
        )
        self.assertEqual((("sslmode", "disable"), ("a", "b&c")), endpoint.options)

    def test_what_is_missing_is_empty(self):
        self.assertEqual(Endpoint("h", 5432), Endpoint.parse("postgresql://h", 5432))

    def test_escapes_are_undone(self):
        endpoint = Endpoint.parse("x://a%40b:p%3Aw%2F%40@h/d%20e", 1)

        self.assertEqual(
            ("a@b", "p:w/@", "d e"), (endpoint.user, endpoint.password, endpoint.database)
        )

    def test_an_ipv6_address_loses_its_brackets(self):
        endpoint = Endpoint.parse("x://me:pw@[::1]:7/d", 1)

        self.assertEqual(("::1", 7), (endpoint.host, endpoint.port))

    def test_what_is_no_url_is_refused(self):
        for url in ("", "h:5432", "postgresql:///d", "//h/d", "x://[::1/d"):
            with self.subTest(url), self.assertRaises(ValueError):
                Endpoint.parse(url, 1)

    def test_a_bad_port_does_not_show_what_may_be_a_password(self):
        with self.assertRaises(ValueError) as caught:
            Endpoint.parse("postgresql://me:sec/ret@h/d", 1)

        self.assertNotIn("sec", str(caught.exception))
        self.assertIn("%2F", str(caught.exception))


class UrlTest(unittest.TestCase):
    def test_the_scheme_is_the_callers(self):
        self.assertEqual(
            "postgresql+psycopg://h:1/d", Endpoint("h", 1, database="d").url("postgresql+psycopg")
        )

    def test_another_database_can_be_named(self):
        endpoint = Endpoint("h", 1, database="d")

        self.assertEqual("x://h:1/other", endpoint.url("x", "other"))
        self.assertEqual("x://h:1/", endpoint.url("x", ""))

    def test_an_ipv6_address_gets_brackets(self):
        self.assertEqual("x://me@[::1]:7/d", Endpoint("::1", 7, user="me", database="d").url("x"))

    def test_special_characters_come_back(self):
        endpoint = Endpoint(
            "h", 1, user=SPECIAL, password=SPECIAL, database=SPECIAL, options=((SPECIAL, SPECIAL),)
        )

        self.assertEqual(endpoint, Endpoint.parse(endpoint.url("x"), 2))

    def test_neither_repr_shows_the_password(self):
        endpoint = Endpoint(
            "h", 1, user="me", password="secret", options=(("sslpassword", "secret"),)
        )

        self.assertNotIn("secret", repr(endpoint))
        self.assertNotIn("secret", repr(endpoint.url("x")))
        self.assertIn("secret", endpoint.url("x"))
