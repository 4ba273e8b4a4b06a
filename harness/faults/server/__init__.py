"""A fault proxy of our own, which speaks Toxiproxy's HTTP API."""

VERSION = "2.12.0"  # whose API this is
PROGRAM = "harness"  # what tells it from the Go server
