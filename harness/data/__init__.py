"""The data that tests start from: migrations and seed files."""
