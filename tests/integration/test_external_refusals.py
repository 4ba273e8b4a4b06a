"""A server that cannot be used: one clear error, quickly, with its cause and the next step."""

import contextlib
import os
import socket
import threading
import time
import unittest
from unittest import mock

from harness import Environment, HarnessTestCase, Postgres
from harness.core.settings import Settings
from harness.errors import ConfigurationError, HarnessError, StartError
from harness.providers.external import PROVIDER
from tests.integration.foreign import PASSWORD, foreign_server
from tests.integration.inner import run_inner
from tests.integration.providers import on_one_python
from tests.integration.sandbox import SandboxTest

QUICK = 20.0  # seconds, on a machine that does other work, too


def lease(url, **variables):
    """Take a lease of a Postgres at a URL, in an environment of its own."""
    settings = Settings.read(environ={"DATABASE_URL": url, **variables})
    with (
        contextlib.closing(Environment(settings, providers="external")) as environment,
        environment.lease(Postgres()) as db,
    ):
        db.value("select 1")


class Refusals(SandboxTest):
    def refused(self, url, *words, kind=StartError, **variables):
        """Return the error for a URL; it says all the words, is quick, and hides the password."""
        began = time.monotonic()
        with self.assertRaises(kind) as raised:
            lease(url, **variables)
        self.assertLess(time.monotonic() - began, QUICK)
        text = str(raised.exception)
        for word in ("likely cause: ", "next: ", *words):
            self.assertIn(word, text)
        self.assertNotIn(PASSWORD, text)
        return text


@on_one_python
class WrongUrlTest(Refusals):
    def setUp(self):
        self.need("embedded")
        self.server = foreign_server()
        self.port = self.server.endpoint.port

    def test_a_password_with_every_special_character_works(self):
        lease(self.server.url("maker"))

    def test_a_wrong_password(self):
        self.refused(
            self.server.url("maker", "secret-and-wrong"),
            f"PostgreSQL at maker@127.0.0.1:{self.port}/shop refuses the connection",
            'password authentication failed for user "maker"',
            "likely cause: the password is wrong",
            "next: correct the user and the password in the URL",
        )

    def test_no_password_at_all(self):
        text = self.refused(self.server.url("maker", ""), f"127.0.0.1:{self.port}")

        self.assertIn("password", text)

    def test_a_role_that_does_not_exist(self):
        self.refused(self.server.url("nobody"), "nobody@127.0.0.1", "refuses the connection")

    def test_a_database_that_does_not_exist(self):
        self.refused(
            self.server.url(database="nowhere"),
            'database "nowhere" does not exist',
            "likely cause: the database does not exist",
        )

    def test_a_host_that_is_unknown(self):
        self.refused(
            self.server.url(host="nowhere.invalid"),
            "the host 'nowhere.invalid' is unknown",
            "likely cause: the name is misspelt",
            HARNESS_ALLOW_REMOTE="1",
        )

    def test_a_host_that_is_not_this_machine_is_not_even_asked(self):
        self.refused(
            self.server.url(host="db.example.com"),
            "names a server on another machine: db.example.com",
            "next: set HARNESS_ALLOW_REMOTE=1 if that server is meant for tests",
        )

    @mock.patch.object(PROVIDER, "patience", 0.5)
    def test_a_port_on_which_nobody_listens(self):
        with socket.socket() as holder:
            holder.bind(("127.0.0.1", 0))
            port = holder.getsockname()[1]
            text = self.refused(self.server.url(port=port), f"{port}", "refused")

        self.assertNotIn("slow or overloaded", text)

    @mock.patch.object(PROVIDER, "patience", 0.5)
    def test_a_listener_that_never_answers(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]

            self.refused(self.server.url(port=port), f"127.0.0.1:{port}")

    @mock.patch.object(PROVIDER, "patience", 0.5)
    def test_a_listener_that_is_no_postgres(self):
        with http_server() as port:
            self.refused(self.server.url(port=port), f"127.0.0.1:{port}")

    def test_urls_that_are_none(self):
        for url, words in {
            "mysql://root@127.0.0.1/shop": "mysql:// is for another kind of server",
            "nonsense": "it is not a URL with a host",
            "postgresql://127.0.0.1:port/shop": "",
            "postgresql:///shop": "it is not a URL with a host",
        }.items():
            with self.subTest(url):
                self.refused(
                    url, words, "DATABASE_URL", "postgresql://user:password@host:5432/database"
                )


@on_one_python
class RightsTest(Refusals):
    def setUp(self):
        self.need("embedded")
        self.server = foreign_server()

    def test_a_role_without_the_right_to_create_databases(self):
        self.refused(
            self.server.url("reader"),
            "the role reader may not create databases at PostgreSQL at 127.0.0.1",
            "likely cause: tests never write the database in the URL",
            "next: alter role reader createdb",
        )

    @unittest.skipUnless(
        os.environ.get("HARNESS_CI_READER_URL"), "HARNESS_CI_READER_URL is not set"
    )
    def test_the_role_without_that_right_on_the_server_of_this_machine(self):
        self.refused(os.environ["HARNESS_CI_READER_URL"], "may not create databases")

    def test_a_role_whose_transactions_are_read_only(self):
        self.refused(
            self.server.url("frozen"),
            "is read-only",
            "likely cause: default_transaction_read_only is on",
            "next: name a primary server in DATABASE_URL",
        )

    def test_a_server_whose_transactions_are_read_only(self):
        read_only = Postgres(settings=(("default_transaction_read_only", "on"),))
        with (
            Environment(providers="embedded") as environment,
            self.assertRaises(HarnessError) as raised,
        ):
            environment.lease(read_only)

        self.assertIn("read-only", str(raised.exception))

    def test_a_version_that_the_server_has_not(self):
        with self.assertRaises(StartError) as raised:
            self.lease_of(Postgres(version="9.3"))

        self.assertIn("and version='9.3' was asked for", str(raised.exception))

    def test_an_extension_that_the_server_has_not(self):
        with self.assertRaises(StartError) as raised:
            self.lease_of(Postgres(extensions=("nobodys_extension",)))

        self.assertIn("does not offer the extension nobodys_extension", str(raised.exception))

    def test_a_server_without_a_connection_left(self):
        limited = self.server.url("maker")
        self.server.execute("postgres", "alter role maker connection limit 1")
        self.addCleanup(self.server.execute, "postgres", "alter role maker connection limit -1")

        text = self.refused(limited, kind=HarnessError)

        self.assertIn('too many connections for role "maker"', text)

    def lease_of(self, service):
        settings = Settings.read(environ={"DATABASE_URL": self.server.url("maker")})
        with Environment(settings, providers="external") as environment:
            environment.lease(service).release()

    def test_an_outage_is_one_error_of_each_test_and_never_falls_through(self):
        class Case(HarnessTestCase):
            db = Postgres()
            environment = Environment(
                Settings.read(environ={"DATABASE_URL": self.server.url("reader")})
            )

            def test_a(self):
                self.db.value("select 1")

            test_b = test_a

        result = run_inner(Case)

        self.assertEqual([StartError, StartError], [type(error) for error in result.raised])
        self.assertNotIsInstance(result.raised[0], ConfigurationError)
        Case.environment.close()


@contextlib.contextmanager
def http_server():
    """Yield the port of a listener that answers everything as an HTTP server would."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve():
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    with connection:
                        connection.recv(1000)
                        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
