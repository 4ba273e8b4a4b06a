"""What a history comes to in numbers."""
