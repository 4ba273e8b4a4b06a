"""Topics that killed processes of ours have left on a broker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.core.instance import Running
from harness.core.service import Told
from harness.core.settings import Settings
from harness.errors import HarnessError, StartError
from harness.services.kafka.client import ANSWER_TIMEOUT, address, driver
from harness.services.kafka.clients import Clients
from harness.services.kafka.marks import SETTING, signature
from harness.services.kafka.names import Names
from harness.services.kafka.topics import AdminTopics
from harness.services.orphans import too_many

if TYPE_CHECKING:
    from harness.services.kafka.instance import KafkaInstance


def remove(instance: KafkaInstance, settings: Settings) -> None:
    """Delete what killed processes of this registry have left on a broker.

    Raises:
        StartError: On somebody else's, there is more of it than we delete without being asked.
        HarnessError: The broker refuses.
    """
    if instance.strange:
        found = signed_orphans(instance.clients, instance.names)
        if len(found) > settings.max_orphans:
            where = f"Kafka at {instance.bootstrap_servers}"
            raise too_many(where, "topics", len(found), settings.max_orphans, "delete")
        instance.delete(found)
    elif not instance.running.fresh:
        instance.delete(left_on_ours(instance))


def left_on_ours(instance: KafkaInstance) -> list[str]:
    """Return the topics that nobody needs on a broker that was found running, but is ours.

    While nobody else uses it, none is needed.
    """
    topics = [name for name in instance.clients.reader.topics() if not name.startswith("__")]
    if instance.running.has_peers():
        return [name for name in topics if instance.names.is_orphan(name)]
    return topics


def signed_orphans(clients: Clients, names: Names) -> list[str]:
    """Return the topics on somebody else's broker whose maker has ended, and which we signed."""
    found = [name for name in clients.reader.topics() if names.is_orphan(name)]
    if not found:
        return []
    marks = settings_of(clients.topics, found)
    return [name for name in found if marks[name] == signature(name, names.registry)]


def settings_of(topics: Any, names: list[str]) -> dict[str, str]:
    """Return the value of the setting that is a mark, for each topic."""
    admin = driver(".admin")
    resources = [admin.ConfigResource(admin.ConfigResource.Type.TOPIC, name) for name in names]
    futures = topics.admin.describe_configs(resources, request_timeout=ANSWER_TIMEOUT)
    return {
        resource.name: str(future.result(ANSWER_TIMEOUT)[SETTING].value)
        for resource, future in futures.items()
    }


def sweep(running: Running, settings: Settings, told: Told, *, dry: bool) -> None:
    """Delete what killed processes of ours have left on somebody else's broker.

    Args:
        running: The broker.
        settings: The settings, which say what is ours.
        told: Called with each topic, and why it could not be deleted.
        dry: Only tell.

    Raises:
        HarnessError: The broker does not answer.
    """
    clients = Clients(running.endpoint, lambda: None)
    try:
        for name in signed_orphans(clients, Names(settings)):
            failure = None if dry else failure_of(clients.topics, name)
            told(f"topic {name}", failure)
    except driver().KafkaException as error:
        raise StartError(
            f"the topics on Kafka at {address(running.endpoint)} cannot be listed: {error}"
        ) from error
    finally:
        clients.close()


def failure_of(topics: Any, name: str) -> Exception | None:
    """Delete a topic, and return why it could not be; None if it was."""
    assert isinstance(topics, AdminTopics)
    try:
        topics.delete([name])
    except (HarnessError, driver().KafkaException) as error:
        return error
    return None
