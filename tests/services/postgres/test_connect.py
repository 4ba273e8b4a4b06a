"""Saying why a server does not let us in, and whether waiting would help."""

import dataclasses
import ssl
import sys
import unittest
from unittest import mock

from harness.core.endpoint import Endpoint
from harness.errors import MissingExtraError, StartError
from harness.services.postgres import connect
from tests.support.unit import answering, error_response

HERE = Endpoint("127.0.0.1", 5432, user="me", password="secret", database="shop")


class ServerError(Exception):
    """An error as pg8000 raises it."""


class LogInTest(unittest.TestCase):
    def refused(self, state, text="no"):
        """Log in to a server that answers the first message with an error."""
        with answering(error_response(state, text)) as port:
            with self.assertRaises(StartError) as caught:
                connect.log_in(dataclasses.replace(HERE, port=port))
            return str(caught.exception).replace(str(port), "PORT")

    def test_a_known_refusal_has_its_cause_and_its_remedy(self):
        for state, (cause, hint) in connect.CAUSES.items():
            with self.subTest(state):
                self.assertEqual(
                    "PostgreSQL at me@127.0.0.1:PORT/shop refuses the connection: no\n"
                    f"  likely cause: {cause}\n"
                    f"  next: {hint}",
                    self.refused(state),
                )

    def test_another_refusal_is_shown_as_the_server_says_it(self):
        self.assertIn("refuses the connection: corrupted\n", self.refused("XX000", "corrupted"))

    def test_the_password_is_not_shown(self):
        self.assertNotIn("secret", self.refused("28P01"))

    def test_without_the_driver_it_names_the_extra(self):
        with (
            mock.patch.dict(sys.modules, {"pg8000.dbapi": None}),
            self.assertRaisesRegex(MissingExtraError, 'pip install "unittest-harness.postgres."'),
        ):
            connect.log_in(HERE)


class MessageTest(unittest.TestCase):
    def test_message_detail_and_hint_are_lines(self):
        error = ServerError({"M": "message", "D": "detail", "H": "hint", "C": "23505"})

        self.assertEqual("message\ndetail\nhint", connect.message(error))
        self.assertEqual("23505", connect.sqlstate(error))

    def test_another_error_is_its_text(self):
        self.assertEqual("broken", connect.message(OSError("broken")))
        self.assertEqual("", connect.sqlstate(OSError("broken")))
        self.assertEqual("", connect.sqlstate(OSError()))


class EncryptionTest(unittest.TestCase):
    def context(self, mode=None, **options):
        pairs = () if mode is None else (("sslmode", mode),)
        return connect.ssl_context(Endpoint(**{"host": "db", "port": 1, **options}, options=pairs))

    def test_the_mode_of_the_url_is_kept(self):
        self.assertIs(False, self.context("disable"))
        self.assertIs(True, self.context("require"))
        self.assertIsNone(self.context("prefer"))

    def test_a_certificate_is_checked_where_the_url_says_so(self):
        for mode, name_too in {"verify-full": True, "verify-ca": False}.items():
            context = self.context(mode)
            self.assertEqual(ssl.CERT_REQUIRED, context.verify_mode)
            self.assertEqual(name_too, context.check_hostname)

    def test_this_machine_is_reached_in_the_clear(self):
        for host in ("127.0.0.1", "localhost", "::1"):
            self.assertIs(False, self.context(host=host))
        self.assertIs(False, self.context(socket="/tmp/.s.PGSQL.5432"))
        self.assertIs(True, self.context("require", host="127.0.0.1"))

    def test_another_machine_is_asked_for_it(self):
        self.assertIsNone(self.context())
