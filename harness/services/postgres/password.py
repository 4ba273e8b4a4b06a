"""Random passwords, and storing them so that logging in is cheap."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets

SUPERUSER = "postgres"


def random_password() -> str:
    """Return a new random password: 128 bits, safe in a URL."""
    return secrets.token_urlsafe(16)


def scram_verifier(password: str, iterations: int = 1) -> str:
    """Return the verifier that PostgreSQL stores for a password (RFC 5803, SCRAM-SHA-256).

    The password is random and lives as long as a test run, so one iteration is enough; the
    server's default of 4096 would cost every connection milliseconds.

    Args:
        password: The password, in ASCII.
        iterations: Rounds of PBKDF2.
    """
    salt = os.urandom(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, iterations)
    client_key = hmac.digest(salted, b"Client Key", "sha256")
    server_key = hmac.digest(salted, b"Server Key", "sha256")
    stored_key = hashlib.sha256(client_key).digest()
    fields = (base64.b64encode(part).decode() for part in (salt, stored_key, server_key))
    salt_text, stored_text, server_text = fields
    return f"SCRAM-SHA-256${iterations}:{salt_text}${stored_text}:{server_text}"
