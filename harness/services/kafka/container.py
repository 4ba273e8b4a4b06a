"""How Kafka runs in a container: the official image, with a listener for each kind of client.

A broker tells its clients where to go on, so it has to know its own address as each of them sees
it: from outside of Docker a port that the daemon chooses when the container starts, from inside
its name on the network. The first is written into the container as soon as it is known; until
then its command waits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.core.endpoint import Endpoint
from harness.core.recipe import ContainerRecipe
from harness.services.kafka.causes import CAUSES
from harness.services.kafka.configuration import CLUSTER, MORTAL, NODE, SMALL, as_environment

if TYPE_CHECKING:
    from harness.services.kafka.service import Kafka

OUTSIDE, INSIDE, CONTROLLER, ITSELF = 9092, 19092, 9093, 19093
ADDRESS_FILE = "/tmp/harness-address"
# Not the image's own directory: over that, memory belongs to root, whom the image does not run as.
DATA = "/tmp/harness-data"
RUN = "/etc/kafka/docker/run"  # the official image's own command
SCRIPT = f"""\
until read -r address <{ADDRESS_FILE}; do sleep 0.02; done 2>/dev/null
export KAFKA_ADVERTISED_LISTENERS="OUTSIDE://$address,$HARNESS_ADVERTISED"
exec {RUN}
"""


def container(service: Kafka) -> ContainerRecipe:
    """Return how a service runs in a container."""
    advertised = f"ITSELF://localhost:{ITSELF}"
    if service.alias is not None:
        advertised += f",INSIDE://{service.alias}:{INSIDE}"
    mortal = dict(MORTAL) if service.exclusive else {}
    return ContainerRecipe(
        image=service.image or "kafka",
        version=service.version,
        port=OUTSIDE,
        inside_port=INSIDE,
        address_file=ADDRESS_FILE,
        command=("sh", "-c", SCRIPT),
        environment={
            **as_environment({**SMALL, **mortal, **listeners(), **dict(service.settings)}),
            "CLUSTER_ID": CLUSTER,
            "KAFKA_HEAP_OPTS": "-Xms64m -Xmx256m",
            "HARNESS_ADVERTISED": advertised,
        },
        endpoint=Endpoint("", 0),
        causes=CAUSES,
        # What lies in memory is gone with a restart, which only an exclusive broker is told to.
        scratch=() if service.exclusive else (DATA,),
    )


def listeners() -> dict[str, str]:
    """Return where a broker in a container listens, apart from what depends on its address."""
    ports = {"OUTSIDE": OUTSIDE, "INSIDE": INSIDE, "CONTROLLER": CONTROLLER, "ITSELF": ITSELF}
    return {
        "listeners": ",".join(f"{name}://0.0.0.0:{port}" for name, port in ports.items()),
        "listener.security.protocol.map": ",".join(f"{name}:PLAINTEXT" for name in ports),
        "inter.broker.listener.name": "ITSELF",
        "controller.quorum.voters": f"{NODE}@localhost:{CONTROLLER}",
        "log.dirs": DATA,
    }
