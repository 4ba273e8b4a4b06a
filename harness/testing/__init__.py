"""What tests need beside the services: waiting for a condition, the logs of a failure.

Nothing here knows a test framework; the adapters do.
"""

from harness.testing.eventually import eventually

__all__ = ["eventually"]
