"""Protocols as bytes: where a message ends, and what it is called."""
