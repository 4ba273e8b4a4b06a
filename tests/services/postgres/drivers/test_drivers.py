"""The drivers of a lease's connection: found by name, and what they are told."""

import sys
import unittest
from unittest import mock

import psycopg

from harness.core.endpoint import Endpoint
from harness.errors import MissingExtraError
from harness.services.postgres import connect, drivers
from harness.services.postgres.drivers.psycopg import conninfo
from harness.services.postgres.service import DRIVERS

HERE = Endpoint("127.0.0.1", 5432, user="me", password="secret", database="shop")
AWAY = Endpoint("db.example.com", 5432, user="me", options=(("sslmode", "require"),))


class NamedTest(unittest.TestCase):
    def test_every_driver_that_can_be_declared_is_there(self):
        for name in DRIVERS:
            self.assertTrue(callable(drivers.named(name).virtual))
        self.assertEqual(set(DRIVERS), set(drivers.LOADERS))

    def test_a_driver_that_is_missing_names_the_extra(self):
        for name, module, extra in (
            ("pg8000", "pg8000.dbapi", "postgres"),
            ("psycopg", "psycopg", "psycopg"),
        ):
            with (
                self.subTest(name),
                mock.patch.dict(sys.modules, {module: None}),
                self.assertRaises(MissingExtraError) as caught,
            ):
                drivers.named(name)
            self.assertIn(f'next: pip install "unittest-harness[{extra}]"', str(caught.exception))
            self.assertIn(name, caught.exception.what)

    def test_a_psycopg_that_is_too_old_says_so(self):
        with (
            mock.patch.object(psycopg, "__version__", "3.1.20"),
            self.assertRaisesRegex(MissingExtraError, "psycopg 3.1.20 is too old(?s:.*)--upgrade"),
        ):
            drivers.named("psycopg")


class ConninfoTest(unittest.TestCase):
    def test_this_machine_is_reached_in_the_clear(self):
        words = conninfo(HERE, "other")

        self.assertEqual(("disable", "disable"), (words["sslmode"], words["gssencmode"]))
        self.assertEqual(("other", "secret"), (words["dbname"], words["password"]))

    def test_a_socket_is_named_by_its_directory(self):
        place = Endpoint("127.0.0.1", 7, socket="/run/here/.s.PGSQL.7")

        self.assertEqual("/run/here", conninfo(place, "a")["host"])

    def test_the_options_of_the_url_are_kept(self):
        self.assertEqual("require", conninfo(AWAY, "a")["sslmode"])
        self.assertNotIn("gssencmode", conninfo(AWAY, "a"))


class ErrorsTest(unittest.TestCase):
    def test_an_error_without_a_state_is_a_lost_session(self):
        self.assertTrue(connect.is_over(psycopg.OperationalError("the connection is closed")))
        self.assertTrue(connect.is_over(psycopg.errors.AdminShutdown("")))
        self.assertFalse(connect.is_over(psycopg.errors.UniqueViolation("")))
        self.assertFalse(connect.is_over(psycopg.ProgrammingError("no result")))
        self.assertFalse(connect.is_over(ValueError("another")))

    def test_an_error_of_the_client_is_its_text(self):
        self.assertEqual("no result", connect.message(psycopg.ProgrammingError("no result")))
        self.assertEqual("23505", connect.sqlstate(psycopg.errors.UniqueViolation("")))
