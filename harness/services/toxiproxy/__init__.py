"""A fault proxy: Toxiproxy, or our own server of the same API."""

from harness.services.toxiproxy.service import Toxiproxy

__all__ = ["Toxiproxy"]
