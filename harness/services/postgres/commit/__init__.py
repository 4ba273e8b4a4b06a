"""`isolation="commit"`: real commits, and a database that is put back after each test."""
