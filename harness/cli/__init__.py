"""The command `harness`: one thin module for each of its commands."""
