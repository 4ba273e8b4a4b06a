"""Losing each request and each response of an action in turn."""
