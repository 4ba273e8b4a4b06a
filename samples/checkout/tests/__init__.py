"""The checkout, tested with real servers behind a network that fails."""
