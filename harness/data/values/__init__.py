"""Drawing values: by type, by name, within limits."""
