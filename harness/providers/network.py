"""The Docker network of a group of services: one for all processes that use the same group."""

from __future__ import annotations

import hashlib

from harness.core.registry.claim import Claim
from harness.core.registry.directory import Registry
from harness.providers.engine import Engine, EngineError

LABEL = "org.unittest-harness"


def join(registry: Registry, host: str, number: str) -> tuple[Claim, str]:
    """Hold a network, made if nobody holds it yet; return our hold and its name.

    Raises:
        EngineError, OSError: The daemon refuses, or does not answer.
    """
    key = hashlib.blake2b(f"network {host} {number}".encode(), digest_size=8).hexdigest()
    claim = Claim(registry, key, {"service": "network", "provider": "docker", "description": host})
    claim.take(lambda: False)
    try:
        if claim.record is not None and is_there(host, claim.record["name"]):
            claim.attached()
            return claim, claim.record["name"]
        return claim, make(claim, host)
    except BaseException:
        claim.release()
        raise


def is_there(host: str, name: str) -> bool:
    """Tell whether a network is still there: somebody may have removed it by hand."""
    return bool(Engine(host).get("/networks", filters=f'{{"name": {{"{name}": true}}}}'))


def make(claim: Claim, host: str) -> str:
    """Make a network and let others join it; return its name."""
    claim.begin()
    name = f"harness-{claim.registry.identifier}-{claim.instance}"
    claim.intend("network", host=host, name=name, made=False)
    labels = {
        f"{LABEL}.registry": claim.registry.identifier,
        f"{LABEL}.instance": claim.instance,
        f"{LABEL}.service": "network",
    }
    body = {"Name": name, "CheckDuplicate": True, "Labels": labels}
    try:
        Engine(host).post("/networks/create", body)
    except EngineError:
        claim.amend(made=True)  # it was refused: there is none that may still appear
        raise
    claim.amend(made=True)
    claim.publish(name=name)
    return name
