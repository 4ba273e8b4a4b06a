"""Asking a server whether it takes connections, over real sockets."""

import socket
import unittest

from harness.core.endpoint import Endpoint
from harness.errors import StartError
from harness.services.postgres.greeting import greet, startup_message, unknown_host
from tests.support.unit import DirectoryTest, answering, error_response, listening

PASSWORD_WANTED = b"R\0\0\0\x08\0\0\0\x03"


class GreetingTest(DirectoryTest):
    def greet(self, answer):
        with answering(answer) as port:
            greet(Endpoint("127.0.0.1", port, user="me"), 0.2)

    def test_a_server_that_asks_for_a_password_is_ready(self):
        self.greet(PASSWORD_WANTED)

    def test_a_server_that_refuses_us_is_ready(self):
        for state in ("28P01", "28000", "3D000", "53300"):
            self.greet(error_response(state, "no"))

    def test_a_server_that_is_starting_or_stopping_is_not(self):
        for state in ("57P03", "57P01", "57P02"):
            with self.subTest(state), self.assertRaisesRegex(OSError, "is starting or stopping"):
                self.greet(error_response(state, "the database system is starting up"))

    def test_a_server_that_hangs_up_is_not(self):
        with self.assertRaisesRegex(OSError, "without an answer"):
            self.greet(b"")

    def test_a_server_that_does_not_answer_is_not(self):
        with self.assertRaises(TimeoutError):
            self.greet(None)

    def test_a_port_that_nobody_listens_on_is_not(self):
        with socket.socket() as holder:
            holder.bind(("127.0.0.1", 0))
            with self.assertRaises(ConnectionRefusedError):
                greet(Endpoint("127.0.0.1", holder.getsockname()[1]), 1)

    def test_a_socket_is_asked_where_there_is_one(self):
        path = self.directory / "s"
        endpoint = Endpoint("127.0.0.1", 1, socket=str(path))

        with listening(path, PASSWORD_WANTED):
            greet(endpoint, 1)
        path.unlink()
        with self.assertRaises(FileNotFoundError):
            greet(endpoint, 1)


class MessageTest(unittest.TestCase):
    def test_the_message_names_user_and_database(self):
        self.assertEqual(
            b"\0\0\0\x1f" + b"\0\3\0\0" + b"user\0me\0" + b"database\0shop\0" + b"\0",
            startup_message(Endpoint("h", 1, user="me", database="shop")),
        )

    def test_its_length_counts_all_of_it(self):
        for endpoint in (Endpoint("h", 1), Endpoint("h", 1, user="é", database="shop")):
            message = startup_message(endpoint)
            self.assertEqual(len(message), int.from_bytes(message[:4]))

    def test_an_unknown_host_is_an_error_that_waiting_does_not_mend(self):
        error = unknown_host("nowhere", socket.gaierror(-2, "Name or service not known"))

        self.assertIsInstance(error, StartError)
        self.assertEqual(
            "the host 'nowhere' is unknown: Name or service not known\n"
            "  likely cause: the name is misspelt, or no name server knows it\n"
            "  next: correct the host in the URL",
            str(error),
        )
