"""A server is given the verifier of a password only."""

import base64
import hashlib
import hmac
import unittest

from harness.services.postgres.password import scram_verifier


class PasswordTest(unittest.TestCase):
    def test_a_verifier_proves_its_password(self):
        head, keys = scram_verifier("secret").removeprefix("SCRAM-SHA-256$").split("$")
        iterations, salt = head.split(":")
        stored, server = (base64.b64decode(key) for key in keys.split(":"))

        salted = hashlib.pbkdf2_hmac("sha256", b"secret", base64.b64decode(salt), int(iterations))

        client = hmac.digest(salted, b"Client Key", "sha256")
        self.assertEqual(stored, hashlib.sha256(client).digest())
        self.assertEqual(server, hmac.digest(salted, b"Server Key", "sha256"))

    def test_two_verifiers_of_one_password_differ_and_none_shows_it(self):
        one, other = scram_verifier("secret"), scram_verifier("secret")

        self.assertNotEqual(one, other)
        self.assertNotIn("secret", one)
