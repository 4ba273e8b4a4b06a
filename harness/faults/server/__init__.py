"""A fault proxy of our own, which speaks Toxiproxy's HTTP API."""
