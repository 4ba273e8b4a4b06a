"""The settings of a broker of ours: one node that is all, quick, and small."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

CLUSTER = "aGFybmVzcy1jbHVzdGVyLQ"  # a number of 16 bytes, as Kafka writes them
NODE = "1"

# One node, so one copy of everything; nothing waits for members that may still come.
SMALL = {
    "node.id": NODE,
    "process.roles": "broker,controller",
    "controller.listener.names": "CONTROLLER",
    "offsets.topic.num.partitions": "1",
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.num.partitions": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.num.partitions": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "group.initial.rebalance.delay.ms": "0",
    "group.consumer.min.heartbeat.interval.ms": "100",
    "num.network.threads": "2",
    "num.io.threads": "4",
    "background.threads": "2",
    "log.cleaner.dedupe.buffer.size": "4194304",  # bytes; 128 MiB by default, taken at the start
    "log.index.size.max.bytes": "1048576",  # mapped anew for each partition
    "file.delete.delay.ms": "0",
    "log.segment.delete.delay.ms": "0",
}

# One that is killed and comes back is taken for a second one until this time is over: 9 s by
# default. Where it is short, a broker that is paused is thought lost, which a test wants to see.
MORTAL = (("broker.session.timeout.ms", "1000"), ("broker.heartbeat.interval.ms", "200"))


def on_this_machine(
    port: int, controller: int, data: str, settings: Iterable[tuple[str, str]]
) -> dict[str, str]:
    """Return the settings of a broker on the loopback.

    Args:
        port: Where clients reach it.
        controller: Where it reaches itself.
        data: The directory of its data.
        settings: Settings that differ.
    """
    return {
        **SMALL,
        "listeners": f"CLIENTS://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}",
        "advertised.listeners": f"CLIENTS://127.0.0.1:{port}",
        "listener.security.protocol.map": "CLIENTS:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "inter.broker.listener.name": "CLIENTS",
        "controller.quorum.voters": f"{NODE}@127.0.0.1:{controller}",
        "log.dirs": data,
        **dict(settings),
    }


def as_properties(settings: Mapping[str, str]) -> str:
    r"""Return settings as the text of a properties file.

    Example:
        >>> print(as_properties({"a.b": "c\\d"}), end="")
        a.b=c\\d
    """
    escaped = {name: value.replace("\\", "\\\\") for name, value in settings.items()}
    return "".join(f"{name}={value}\n" for name, value in escaped.items())


def as_environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Return settings as the environment variables that the official image reads them from.

    Example:
        >>> as_environment({"log.dirs": "/data", "a_b-c": "1"})
        {'KAFKA_LOG_DIRS': '/data', 'KAFKA_A__B___C': '1'}
    """
    return {f"KAFKA_{variable(name)}": value for name, value in settings.items()}


def variable(name: str) -> str:
    """Return the variable for a setting: `_` for a dot, two for itself, three for a hyphen."""
    return name.replace("_", "__").replace("-", "___").replace(".", "_").upper()
