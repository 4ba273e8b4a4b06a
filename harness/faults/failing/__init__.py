"""Errors at an exact statement: what is armed, and what it does to messages."""
