"""What a run comes to, for other programs and for people."""
