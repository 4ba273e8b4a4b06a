"""Random tests under `commit`: after each the database has to be what it was before."""
