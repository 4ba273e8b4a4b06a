"""Servers in Docker containers, through testcontainers."""

from __future__ import annotations

import dataclasses
import importlib.util
import os
import secrets
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from harness.core.cleanup import Cleanups
from harness.core.endpoint import Endpoint
from harness.core.identity import registry_id
from harness.core.interrupts import interrupts_held
from harness.core.recipe import ContainerRecipe, Recipe
from harness.core.settings import Settings
from harness.errors import StartError
from harness.providers import daemon
from harness.providers.images import Image, image_named

if TYPE_CHECKING:
    from testcontainers.core.docker_client import DockerClient

LABEL = "org.unittest-harness"
LOG_LINES = 200
LOOPBACK = "127.0.0.1"

CAUSES = (
    ("No space left on device", "the disk of the Docker host is full"),
    ("exec format error", "the image is for another processor architecture"),
    ("Permission denied", "the image's user may not write where it needs to"),
)


class ContainerServer:
    """A server in a container of ours.

    Args:
        client: testcontainers' client.
        container: The started container.
        image: What it was made from.
        endpoint: Where it answers.
        causes: Likely causes of its end, as (text in the log, cause), before the general ones.
    """

    def __init__(
        self,
        client: DockerClient,
        container: Any,
        image: Image,
        endpoint: Endpoint,
        causes: tuple[tuple[str, str], ...] = (),
    ) -> None:
        self.endpoint = endpoint
        self.provenance = str(image)
        self._client = client
        self._container = container
        self._causes = causes
        self._stopped = False
        self._last_log = ""

    def exit_state(self) -> str | None:
        """Return how the container ended, with its out-of-memory flag, or None while it runs."""
        from docker.errors import DockerException

        try:
            self._container.reload()
        except (DockerException, OSError) as error:
            return f"the container is gone: {explanation(error)}"
        state = self._container.attrs["State"]
        if state["Status"] in ("created", "running", "restarting"):
            return None
        if state["Status"] == "paused":
            return "paused"
        memory = ", killed for want of memory" if state.get("OOMKilled") else ""
        return f"exit code {state['ExitCode']}{memory}"

    def log(self) -> str:
        """Return the end of the container's log; after its removal, what was read last."""
        from docker.errors import DockerException

        try:
            self._last_log = self._container.logs(tail=LOG_LINES).decode(errors="replace")
        except (DockerException, OSError):
            pass  # the container or the daemon is gone: the last reading stands
        return self._last_log

    def likely_cause(self) -> str | None:
        """Return the likely cause of its end, read from its log."""
        log = self.log()
        return next((cause for text, cause in (*self._causes, *CAUSES) if text in log), None)

    def stop(self) -> None:
        """Remove the container with its volumes. Safe to call twice."""
        with interrupts_held():
            if self._stopped:
                return
            self._stopped = True
            cleanups = Cleanups(self.provenance)
            cleanups.push(self._client.client.close)
            cleanups.push(lambda: remove(self._container))
            cleanups.push(self.log)
            cleanups.close()


def remove(container: Any) -> None:
    """Remove a container; one that is gone already, or is being removed, is no error."""
    from docker.errors import APIError, NotFound

    try:
        container.remove(force=True, v=True)
    except NotFound:
        pass
    except APIError as error:
        if error.status_code != 409:  # removal is already in progress
            raise


def remove_after(error: BaseException, container: Any) -> None:
    """Remove a container whose start failed; a second failure is a note of the first."""
    try:
        remove(container)
    except Exception as second:
        error.add_note(f"its container could not be removed either: {second}")


class Docker:
    """The provider of servers in containers."""

    name = "docker"
    patience = None

    def refusal(self, recipe: Recipe, settings: Settings) -> str | None:
        """Return why no container can be started here, or None. Starts none."""
        assert isinstance(recipe, ContainerRecipe)
        image = image_named(recipe.image, settings)
        if recipe.version is not None and not f"{image.version}.".startswith(f"{recipe.version}."):
            return (
                f"version {recipe.version} was asked for, "
                f"and {image.source.name} pins {recipe.image} {image.version}"
            )
        if importlib.util.find_spec("testcontainers") is None:
            return 'testcontainers is not installed: pip install "unittest-harness[docker]"'
        return daemon.refusal(daemon.docker_host())

    def describe(self, recipe: Recipe, settings: Settings) -> str:
        """Return the image that would be run."""
        assert isinstance(recipe, ContainerRecipe)
        return str(image_named(recipe.image, settings))

    def start(self, recipe: Recipe, settings: Settings) -> ContainerServer:
        """Pull the image if need be, and start a container on a free port of the loopback.

        Raises:
            StartError: The image cannot be had, or the daemon refuses; no container is left.
        """
        assert isinstance(recipe, ContainerRecipe)
        image = image_named(recipe.image, settings)
        from docker.errors import DockerException

        container = None
        try:
            client = new_client()
            container = create(client, recipe, image, settings)
            client.start(container)
            endpoint = published(client, container.id, recipe)
        except BaseException as error:
            if container is not None:
                remove_after(error, container)
            if isinstance(error, DockerException | OSError):
                raise failed(recipe, image, error) from error
            raise
        return ContainerServer(client, container, image, endpoint, recipe.causes)


_environment = threading.Lock()


def new_client() -> DockerClient:
    """Return testcontainers' client for the daemon that was asked.

    The client class is used rather than `DockerContainer`, whose start also starts testcontainers'
    own reaper; nothing else of the user's testcontainers is changed. It writes `DOCKER_HOST` into
    the environment, which is put back.
    """
    host = daemon.docker_host()
    with _environment, kept("DOCKER_HOST"):
        from testcontainers.core.docker_client import DockerClient

        if host != "unix:///var/run/docker.sock":
            os.environ["DOCKER_HOST"] = host
        return DockerClient()


@contextmanager
def kept(variable: str) -> Iterator[None]:
    """Put an environment variable back as it was."""
    before = os.environ.get(variable)
    try:
        yield
    finally:
        if before is None:
            os.environ.pop(variable, None)
        else:
            os.environ[variable] = before


def create(client: DockerClient, recipe: ContainerRecipe, image: Image, settings: Settings) -> Any:
    """Make the container, with our labels; not started yet."""
    registry = registry_id(settings)
    return client.create(
        image.reference,
        command=list(recipe.command) or None,
        environment=dict(recipe.environment),
        ports={f"{recipe.port}/tcp": (publish_address(client), None)},  # type: ignore[dict-item]
        labels={f"{LABEL}.registry": registry, f"{LABEL}.service": recipe.image},
        name=f"harness-{registry}-{recipe.image}-{secrets.token_hex(4)}",
        detach=True,
    )


def publish_address(client: DockerClient) -> str:
    """Return the host address to publish ports on: the loopback, where the tests reach that.

    With a daemon on another machine it is every address: its loopback is not ours.
    """
    return LOOPBACK if client.host() in ("localhost", LOOPBACK) else ""


def published(client: DockerClient, container_id: str, recipe: ContainerRecipe) -> Endpoint:
    """Return where the tests reach a container's port."""
    if inside_other_container(client, container_id):
        host, port = client.bridge_ip(container_id), recipe.port
    else:
        host, port = client.host(), int(client.port(container_id, recipe.port))
    host = LOOPBACK if host == "localhost" else host  # published on the IPv4 loopback only
    return dataclasses.replace(recipe.endpoint, host=host, port=port, trusted=True)


def inside_other_container(client: DockerClient, container_id: str) -> bool:
    """Tell whether we run in a container beside ours, with a daemon outside of it.

    Then the daemon's bridge is not an interface of ours, and its loopback not our loopback; the
    container is reached at its own address.
    """
    from testcontainers.core.utils import inside_container

    if not inside_container() or client.host() not in ("localhost", LOOPBACK):
        return False
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bridge:
        try:
            bridge.bind((client.gateway_ip(container_id), 0))
        except OSError:
            return True
    return False


def failed(recipe: ContainerRecipe, image: Image, error: Exception) -> StartError:
    """Return the error for a container that could not be made or started."""
    from docker.errors import ImageNotFound, NotFound

    if isinstance(error, ImageNotFound | NotFound) or "manifest unknown" in str(error):
        cause = "the registry has no image of that digest, or it is private"
    elif "Read timed out" in str(error) or "Connection aborted" in str(error):
        cause = "the Docker daemon stopped answering"
    elif "lookup" in str(error) or "dial tcp" in str(error) or "connection refused" in str(error):
        cause = "the registry cannot be reached"
    else:
        cause = None
    return StartError(
        f"no container could be started from {image.reference}: {explanation(error)}",
        cause=cause,
        hint=f"try `docker pull {image.reference}`, or name a mirror's image for "
        f"{recipe.image!r} in a file in HARNESS_IMAGES",
    )


def explanation(error: Exception) -> str:
    """Return what the daemon said, without the client's wrapping."""
    return str(getattr(error, "explanation", None) or error)


PROVIDER = Docker()
