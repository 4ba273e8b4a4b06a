"""Suites that nobody here wrote, under unittest and under `harness run`: the same outcomes.

`python -m tests.foreign [NAME...]` runs them; what it needs is in requirements.txt, wheels that
carry their tests, pinned by hash.
"""
