"""Repeating a test until it fails, and finding out what it takes."""
