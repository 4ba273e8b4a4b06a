"""Flaky tests: which are set apart for a while, and how many a run may have."""
