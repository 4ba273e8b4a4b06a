"""Assertions on the rows of a table, without a test framework."""

from harness.testing.rows.checks import check_count, check_no_row, find_row
from harness.testing.rows.sets import check_rows

__all__ = ["check_count", "check_no_row", "check_rows", "find_row"]
