"""The directory by which processes find, share, count and outlive each other's instances."""
