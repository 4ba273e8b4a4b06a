"""Killing runs at random moments, and counting exactly what they leave: `nox -s torture`.

A run is a process with a few workers, each with services of its own choice, all in a registry of
the run's own. Whatever is killed when, afterwards nothing of that registry may be left; only where
the janitor was killed as well may the next run have to repair it.

Beside that, random tests under `commit`: `statements`.
"""
