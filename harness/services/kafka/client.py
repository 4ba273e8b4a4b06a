"""Connecting to Kafka with confluent-kafka, and saying why it failed."""

from __future__ import annotations

import importlib
import logging
import socket
from collections.abc import Callable, Mapping
from typing import Any

from harness.core import realtime as time
from harness.core.endpoint import Endpoint
from harness.errors import HarnessError, MissingExtraError, StartError

SERVERS = "bootstrap.servers"
CONTROL = "harness.control"  # an option of the endpoint: the port that steers a mock cluster
VARIABLE = "KAFKA_BOOTSTRAP_SERVERS"
ANSWER_TIMEOUT = 10.0  # seconds
SLICE = 0.5  # seconds after which a wait looks whether the broker still runs
# A client that waits for new records asks again so often. By default a broker may answer late,
# and the mock does: after half a second, whatever has come meanwhile.
WAIT_MS = 10

NO_SETTINGS: Mapping[str, Any] = {}
SILENT = logging.Logger("harness.kafka", logging.CRITICAL + 1)  # what a client logs is in errors


def driver(module: str = "") -> Any:
    """Import confluent-kafka, or a module of it.

    Raises:
        MissingExtraError: It is not installed.
    """
    try:
        return importlib.import_module(f"confluent_kafka{module}")
    except ImportError as error:
        raise MissingExtraError(
            "the Kafka client confluent-kafka is not installed",
            hint='pip install "unittest-harness[kafka]"',
        ) from error


def address(endpoint: Endpoint) -> str:
    """Return the addresses of the brokers, as clients are given them."""
    found = dict(endpoint.options).get(SERVERS)
    host = f"[{endpoint.host}]" if ":" in endpoint.host else endpoint.host
    return found or f"{host}:{endpoint.port}"


def client_settings(endpoint: Endpoint) -> dict[str, Any]:
    """Return the settings by which any client reaches the brokers of an endpoint."""
    options = {name: value for name, value in endpoint.options if not name.startswith("harness.")}
    if endpoint.user:
        options |= {"sasl.username": endpoint.user, "sasl.password": endpoint.password}
        options.setdefault("sasl.mechanisms", "PLAIN")
        options.setdefault("security.protocol", "SASL_PLAINTEXT")
    return {**options, SERVERS: address(endpoint)}


class Reports:
    """What a client says of its connections, of which its calls only tell that time is over."""

    def __init__(self) -> None:
        self._last: dict[str, Any] = {}

    def note(self, error: Any) -> None:
        """Keep an error; made for `error_cb`."""
        self._last[error.name()] = error

    def final(self, where: str) -> StartError | None:
        """Return the error for a broker that will not let us in, however often we try."""
        if (error := self._last.get("_AUTHENTICATION") or self._last.get("_SSL")) is not None:
            return no_entry(where, reason(error))
        if (error := self._last.get("_RESOLVE")) is not None:
            return unknown_host(where, reason(error))
        return None


def new_client(kind: Any, endpoint: Endpoint, settings: Mapping[str, Any] = NO_SETTINGS) -> Any:
    """Return a client of our own, which logs nothing.

    Args:
        kind: Its class.
        endpoint: The brokers.
        settings: librdkafka's settings that differ.

    Raises:
        StartError: A setting in the URL is unknown, or has a value that cannot be.
    """
    try:
        return kind({"log_level": 0, **client_settings(endpoint), **settings}, logger=SILENT)
    except driver().KafkaException as error:
        text = reason(error)
    raise StartError(  # outside: its frames hold the password
        f"confluent-kafka cannot use the settings in {VARIABLE}: {text}",
        cause="an option is misspelt, or not known to this version of librdkafka",
        hint="correct it, or leave it out; librdkafka's CONFIGURATION.md lists them",
    )


def reason(error: Any) -> str:
    """Return in words why a client failed."""
    first = error.args[0] if getattr(error, "args", ()) else error
    return str(first.str()) if hasattr(first, "str") else str(first)


def code(error: Any) -> str:
    """Return the name of a client's error, such as `_TIMED_OUT` or `UNKNOWN_TOPIC_OR_PART`."""
    first = error.args[0] if error.args else error
    return str(first.name()) if hasattr(first, "name") else ""


LOST = ("_TRANSPORT", "_ALL_BROKERS_DOWN", "_TIMED_OUT", "_TIMED_OUT_QUEUE", "_MSG_TIMED_OUT")


def is_lost(error: Exception) -> bool:
    """Tell whether an error is that nobody answers."""
    return code(error) in LOST


def patiently(ask: Callable[[float], Any], check: Callable[[], object]) -> Any:
    """Ask until there is an answer, with an eye on whether the broker still runs.

    Args:
        ask: Asks once, for so many seconds.
        check: Raises when the broker has ended.

    Raises:
        confluent_kafka.KafkaException: Nobody has answered in time; or as `ask`.
        ServiceDiedError: The broker has ended.
    """
    deadline = time.monotonic() + ANSWER_TIMEOUT
    while True:
        try:
            return ask(SLICE)
        except driver().KafkaException as error:
            check()
            if not is_lost(error) or time.monotonic() > deadline:
                raise


def knock(endpoint: Endpoint, timeout: float) -> int:
    """Return how many brokers there are, as soon as one answers.

    Raises:
        StartError: It does not let us in, or its host is unknown.
        OSError, confluent_kafka.KafkaException: It does not answer yet.
    """
    connect(endpoint, timeout)
    reports = Reports()
    admin = new_client(driver(".admin").AdminClient, endpoint, {"error_cb": reports.note})
    try:
        found = admin.list_topics(timeout=timeout)
    except driver().KafkaException:
        admin.poll(0)  # which tells what was reported
        final = reports.final(address(endpoint))
        if final is None:
            raise
        raise final from None
    if not found.brokers:
        raise ConnectionError("the broker is not ready: it knows of none")
    return len(found.brokers)


def connect(endpoint: Endpoint, timeout: float) -> None:
    """Return when something listens where a broker should: at one of several, anything may.

    Raises:
        StartError: Its host is unknown.
        OSError: Nothing listens.
    """
    if SERVERS in dict(endpoint.options):
        return
    try:
        socket.create_connection((endpoint.host, endpoint.port), timeout).close()
    except socket.gaierror as error:
        raise unknown_host(address(endpoint), error.strerror) from error


def unknown_host(where: str, error: object) -> StartError:
    """Return the error for a host that no name server knows."""
    return StartError(
        f"the host of Kafka at {where} is unknown: {error}",
        cause="the name is misspelt, no name server knows it, or the broker advertises a name "
        "that is known elsewhere only",
        hint=f"correct the host in {VARIABLE}, or advertised.listeners of the broker",
    )


def no_entry(where: str, error: object) -> StartError:
    """Return the error for a broker that answers and does not let us in."""
    return StartError(
        f"Kafka at {where} refuses the log-in: {error}",
        cause="the user or the password is wrong, or the broker wants another security.protocol",
        hint=f"correct {VARIABLE}: kafka://user:password@host:9092?security.protocol=SASL_SSL",
    )


def not_permitted(where: str, what: str, error: Exception) -> HarnessError:
    """Return the error for a broker that refuses one of the things that we need."""
    return StartError(
        f"Kafka at {where} refuses to {what}: {reason(error)}",
        cause="an ACL, or a policy for topics",
        hint="let the user CREATE, DELETE, DESCRIBE, READ and WRITE topics "
        'that begin with "harness-", and READ and DELETE such groups',
    )
