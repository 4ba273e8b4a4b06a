"""Certificates under a frozen time: OpenSSL asks the system, Python code asks Python."""

import contextlib
import socket
import ssl
import threading
import time
import unittest
from pathlib import Path

import urllib3

from harness.testing.freeze import Freeze

# Self-signed, for localhost, with their key: from 2020-01-01 to 2021-01-01, and to 2120-01-01.
PAST, LONG = (Path(__file__).parents[1] / f"support/certificates/{n}.pem" for n in ("past", "long"))


def serve(listener, context):
    """Answer each connection, until the listener is shut down."""
    while True:
        try:
            plain = listener.accept()[0]
        except OSError:
            return
        with plain, contextlib.suppress(OSError), context.wrap_socket(plain, True) as secure:
            secure.recv(4096)
            secure.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


class CertificatesTest(unittest.TestCase):
    def serve(self, certificate):
        """Start a server; return its port."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        listener = socket.create_server(("127.0.0.1", 0))
        thread = threading.Thread(target=serve, args=[listener, context])
        thread.start()
        self.addCleanup(thread.join, 60)
        self.addCleanup(listener.close)
        self.addCleanup(listener.shutdown, socket.SHUT_RDWR)
        return listener.getsockname()[1]

    def connect(self, certificate):
        """Connect with every check; return the certificate as Python code sees it."""
        context = ssl.create_default_context(cafile=certificate)
        with (
            socket.create_connection(("127.0.0.1", self.serve(certificate)), timeout=60) as plain,
            context.wrap_socket(plain, server_hostname="localhost") as secure,
        ):
            return secure.getpeercert()

    def test_one_that_is_valid_today_is_taken_at_any_frozen_time(self):
        for at in ("2001-01-01T00:00Z", "2200-01-01T00:00Z"):
            with self.subTest(at), Freeze(at):
                self.assertTrue(self.connect(LONG))

    def test_one_that_has_expired_is_refused_though_it_was_valid_at_the_frozen_time(self):
        with (
            Freeze("2020-06-01T00:00Z"),
            self.assertRaisesRegex(ssl.SSLCertVerificationError, "certificate has expired"),
        ):
            self.connect(PAST)

    def test_code_that_reads_its_dates_compares_them_with_the_frozen_time(self):
        with Freeze("2200-01-01T00:00Z"):
            ends = ssl.cert_time_to_seconds(self.connect(LONG)["notAfter"])

            self.assertLess(ends, time.time())

    def test_urllib3_warns_of_a_frozen_time_in_the_past(self):
        with urllib3.PoolManager(ca_certs=str(LONG), retries=False, timeout=60) as pool:
            url = f"https://127.0.0.1:{self.serve(LONG)}/"
            options = {"server_hostname": "localhost", "assert_hostname": "localhost"}
            pool.connection_pool_kw.update(options)
            with (
                Freeze("2001-01-01T00:00Z"),
                self.assertWarnsRegex(urllib3.exceptions.SystemTimeWarning, "System time is way"),
            ):
                self.assertEqual(200, pool.request("GET", url).status)
