"""Secrets are taken out of a text, and nothing else."""

import time
import unittest

from harness.core.redaction import Redaction

SECRET = "tr0ub4dor&3"

# Each text holds SECRET where a password stands, in the ways that servers log it.
LEAKS = (
    f"ALTER ROLE ada PASSWORD '{SECRET}' VALID UNTIL 'infinity'",
    f"create user ada with encrypted password '{SECRET}'",
    f"create user ada password\n    '{SECRET}'",
    f"2026-01-02T03:04:05.6Z create user ada password\n2026-01-02T03:04:05.7Z \t'{SECRET}'",
    f"create user ada password E'\\'{SECRET}'",
    f"create user ada password 'it''s {SECRET}'",
    f"create user ada password '{SECRET}",  # cut off
    f"create user ada password $x${SECRET}$x$",
    f"set password for 'ada'@'%' = '{SECRET}'",
    f"CREATE USER 'ada' IDENTIFIED BY '{SECRET}'",
    f"create user ada identified with caching_sha2_password by '{SECRET}'",
    f"connecting to postgresql://ada:{SECRET}@db:5432/shop",
    f"connecting to redis://:{SECRET}@cache:6379/0",
    f"connecting to amqp://ada:{SECRET}/@[x]@queue",
    f"host=db user=ada password={SECRET}",
    f"host=db user=ada password='{SECRET} or so'",
    f"POSTGRES_PASSWORD={SECRET}",
    f"export AWS_SECRET_ACCESS_KEY={SECRET}",
    f"api-key: {SECRET}",
    f'{{"user": "ada", "password": "{SECRET}"}}',
    f"{{'client_secret': '{SECRET}'}}",
    f'body="{{\\"password\\": \\"{SECRET} x\\"}}"',
    f"Authorization: Bearer {SECRET}",
    f"'authorization': 'Basic {SECRET}'",
    f"CONFIG SET requirepass {SECRET}",
    f'1712.3 [0 127.0.0.1:5] "AUTH" "ada" "{SECRET}"',
    f"-----BEGIN RSA PRIVATE KEY-----\n{SECRET}\n-----END RSA PRIVATE KEY-----",
    f"-----BEGIN PRIVATE KEY-----\n{SECRET}\ncut off",
    f"alter role x password 'SCRAM-SHA-256$4096:{SECRET}$ab/=:cd+='",
    f"verifier SCRAM-SHA-256$4096:c2FsdA=={SECRET}$ab/=:cd+=",
)

# Nothing of these is secret.
HARMLESS = (
    'FATAL:  password authentication failed for user "ada"',
    'DETAIL:  User "ada" has no password assigned.',
    "LOG:  listening on IPv4 address 127.0.0.1, port 5432",
    "GET http://127.0.0.1:8080/users?email=ada@example.com 200",
    'ERROR:  duplicate key value violates unique constraint "users_email_key"',
    "DETAIL:  Key (email)=(ada@example.com) already exists.",
    "# Server initialized, Redis version=7.2.4, bits=64",
    "the token bucket is empty; see https://example.com/a:b",
    "cmd5 and md5sum of 5 files",
)


class PatternsTest(unittest.TestCase):
    def test_what_looks_like_a_password_is_taken_out_wherever_servers_write_one(self):
        redact = Redaction()
        for text in LEAKS:
            with self.subTest(text):
                shown = redact(text)
                self.assertNotIn(SECRET, shown)
                self.assertNotIn(SECRET[:4], shown)
                self.assertIn("***", shown)

    def test_what_is_harmless_stays(self):
        redact = Redaction()
        for text in HARMLESS:
            with self.subTest(text):
                self.assertEqual(text, redact(text))

    def test_what_stands_beside_a_password_stays(self):
        redact = Redaction()

        self.assertEqual(
            "alter role ada password *** valid until 'infinity'\nnext line",
            redact("alter role ada password 'x' valid until 'infinity'\nnext line"),
        )
        self.assertEqual("postgresql://ada:***@db/shop", redact("postgresql://ada:x@db/shop"))
        self.assertEqual("password=***\nuser=ada", redact("password=x\nuser=ada"))

    def test_a_verifier_of_the_older_kind_is_taken_out(self):
        self.assertEqual("'md5***'", Redaction()(f"'md5{'0a' * 16}'"))

    def test_a_long_text_takes_no_long_time(self):
        lines = (
            "password '" * 1000,
            "x" * 200_000,
            "://a:" * 20_000,
            "password" * 20_000,
            "'" * 99,
        )
        redact = Redaction([SECRET])
        began = time.process_time()

        redact("\n".join(lines))

        self.assertLess(time.process_time() - began, 10)


class KnownTest(unittest.TestCase):
    def test_a_known_secret_is_taken_out_wherever_it_stands(self):
        redact = Redaction([SECRET])

        self.assertEqual("login *** and a***b", redact(f"login {SECRET} and a{SECRET}b"))

    def test_it_is_known_as_urls_sql_and_json_write_it(self):
        secret = 'it\'s "50%" \\ or so'
        redact = Redaction([secret])

        for form in (
            "it%27s%20%2250%25%22%20%5C%20or%20so",
            "it''s \"50%\" \\ or so",
            'it\'s \\"50%\\" \\\\ or so',
        ):
            with self.subTest(form):
                self.assertEqual("<***>", redact(f"<{form}>"))

    def test_a_secret_inside_a_longer_one_leaves_nothing_of_it(self):
        self.assertEqual("***", Redaction(["abcd", "abcdefgh"])("abcdefgh"))

    def test_a_short_secret_is_taken_out_as_a_word_alone(self):
        redact = Redaction(["a1"])

        self.assertEqual("pw *** and va1ue", redact("pw a1 and va1ue"))

    def test_without_secrets_nothing_is_taken_out(self):
        self.assertEqual("a text", Redaction(["", ""])("a text"))
