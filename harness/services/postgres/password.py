"""Handing a password to a server without showing it to its log."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os

SUPERUSER = "postgres"
ITERATIONS = 4096  # the least that RFC 7677 allows; clients refuse fewer


def scram_verifier(password: str) -> str:
    """Return the verifier that PostgreSQL stores for a password (RFC 5803, SCRAM-SHA-256).

    A server takes it in place of the password, which then is in no log of statements.

    Args:
        password: The password, in ASCII.
    """
    salt = os.urandom(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, ITERATIONS)
    client_key = hmac.digest(salted, b"Client Key", "sha256")
    server_key = hmac.digest(salted, b"Server Key", "sha256")
    stored_key = hashlib.sha256(client_key).digest()
    fields = (base64.b64encode(part).decode() for part in (salt, stored_key, server_key))
    salt_text, stored_text, server_text = fields
    return f"SCRAM-SHA-256${ITERATIONS}:{salt_text}${stored_text}:{server_text}"
