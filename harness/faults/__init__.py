"""Faults on connections: the client of a fault proxy, and a server of our own."""
