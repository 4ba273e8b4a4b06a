"""Snapshots: the schema and the rows of a real database, in one file, its columns masked."""
