"""Joining the results of the shards of one run."""
