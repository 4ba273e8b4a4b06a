"""Instances that run as far as their addresses are concerned."""

from harness.core.endpoint import Endpoint
from harness.core.instance import Instance
from tests.support.unit import ScriptedRunning


def peer(provider, host="127.0.0.1", inside=None):
    """Return an instance at a host, with a password that a URL has to quote."""
    running = ScriptedRunning()
    running.endpoint = Endpoint(host, 4000, "me", "pass/word", "shop")
    running.inside = inside
    return Instance("postgres", provider, running)
