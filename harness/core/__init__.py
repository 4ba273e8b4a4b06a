"""What everything rests on: the standard library only, no client, no unittest."""
