"""Who does what when: by measured times, what classes share, and which services are ready."""
