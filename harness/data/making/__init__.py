"""Making rows that a schema accepts."""
