"""TLS through a fault proxy, which passes on what it cannot read."""

import shutil
import tempfile
import time
import unittest
from contextlib import closing
from pathlib import Path

import psycopg

from harness import HarnessTestCase, Postgres
from harness.adapters.declared import group_of
from harness.errors import FaultError
from tests.integration.providers import PROVIDERS, environment, on_one_python

NAME = "db.example.org"  # in the certificate: nobody's address


@on_one_python
@unittest.skipUnless("embedded" in PROVIDERS, "embedded is left out")
class TlsTest(HarnessTestCase):
    """A server of its own, with a certificate of its own."""

    environment = environment("embedded")
    db = Postgres(proxied=True, exclusive=True, isolation="commit")

    @classmethod
    def setUpClass(cls):
        if shutil.which("openssl") is None:
            raise unittest.SkipTest("openssl is not there to make a certificate")
        directory = Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.certificate = directory / "server.crt"
        server = cls.environment.instance(cls.db, group_of(cls))
        server.need("postgres.superuser")
        cls.certificate.write_text(turn_on(server.databases))

    def connect(self, sslmode):
        certificate = str(self.certificate)
        return closing(psycopg.connect(self.db.dsn, sslmode=sslmode, sslrootcert=certificate))

    def test_what_is_encrypted_goes_through_and_feels_faults(self):
        for mode in ("require", "verify-ca"):
            with self.subTest(sslmode=mode), self.connect(mode) as connection:
                asked = "select ssl from pg_stat_ssl where pid = pg_backend_pid()"
                self.assertEqual((True,), connection.execute(asked).fetchone())
                with self.db.toxics.latency(ms=100):
                    began = time.monotonic()
                    connection.execute("select 1")
                    self.assertGreater(time.monotonic() - began, 0.098)
                with self.db.toxics.down(), self.assertRaises(psycopg.OperationalError):
                    connection.execute("select 1")

    def test_a_statement_that_is_encrypted_cannot_fail_and_the_error_says_so(self):
        connection = self.enterContext(self.connect("require"))
        with self.assertRaises(FaultError) as raised, self.db.fail_next("40001", on="select"):
            connection.execute("select 1")
        self.assertEqual(
            "fail_next('40001', on='select') never happened\n"
            "  likely cause: 1 connection(s) through the fault proxy are encrypted\n"
            "  next: connect in the clear: add ?sslmode=disable to the URL",
            str(raised.exception),
        )

    def test_a_client_that_compares_names_refuses_the_proxys_address(self):
        with self.assertRaisesRegex(psycopg.OperationalError, "does not match host name"):
            self.connect("verify-full")


def turn_on(databases):
    """Have a server use TLS; return its certificate. The server's own user has to own the key."""
    ((home,),) = databases.rows("show data_directory")
    databases.execute(
        "copy (select 1) to program 'openssl req -x509 -nodes -newkey rsa:2048 -days 2 "
        f"-subj /CN={NAME} -keyout {home}/server.key -out {home}/server.crt 2>/dev/null'"
    )
    databases.execute(f"copy (select 1) to program 'chmod 600 {home}/server.key'")
    databases.execute("alter system set ssl = on")
    databases.execute("select pg_reload_conf()")
    deadline = time.monotonic() + 10
    while [*databases.rows("show ssl")[0]] != ["on"] and time.monotonic() < deadline:
        time.sleep(0.01)
    ((certificate,),) = databases.rows("select pg_read_file('server.crt')")
    return certificate
