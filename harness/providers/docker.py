"""Servers in Docker containers, through testcontainers."""

from __future__ import annotations

import dataclasses
import importlib.util
import io
import os
import tarfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from harness.core import realtime as time
from harness.core.recipe import ContainerRecipe, Recipe
from harness.core.registry.claim import Claim
from harness.core.settings import Settings
from harness.core.versions import fits
from harness.providers import daemon, directories, network
from harness.providers.container import ContainerServer, is_local
from harness.providers.engine import NOT_FOUND, Engine, EngineError
from harness.providers.failures import failed
from harness.providers.images import Image, image_named
from harness.providers.network import LABEL
from harness.providers.ports import networking, places, settled_port
from harness.providers.pulling import pull
from harness.providers.server import endpoint_of

if TYPE_CHECKING:
    from testcontainers.core.docker_client import DockerClient

T = TypeVar("T")

CLIENT_TIMEOUT = 60  # seconds that the daemon may be silent, as while it unpacks an image


class Docker:
    """The provider of servers in containers."""

    name = "docker"
    patience = None
    shares = True

    def refusal(self, recipe: Recipe, settings: Settings) -> str | None:
        """Return why no container can be started here, or None. Starts none."""
        assert isinstance(recipe, ContainerRecipe)
        image = image_named(recipe.image, settings)
        if recipe.version is not None and not fits(image.version, recipe.version):
            return (
                f"version {recipe.version} was asked for, "
                f"and {image.source.name if image.source else 'the test'} "
                f"pins {recipe.image} {image.version}"
            )
        if importlib.util.find_spec("testcontainers") is None:
            return 'testcontainers is not installed: pip install "unittest-harness[docker]"'
        refused = daemon.refusal(daemon.docker_host())
        if refused is None and recipe.host_network and not is_local(daemon.docker_host()):
            return "the daemon does not run on this machine itself, whose loopback is meant"
        return refused

    def describe(self, recipe: Recipe, settings: Settings) -> str:
        """Return the image that would be run."""
        assert isinstance(recipe, ContainerRecipe)
        return str(image_named(recipe.image, settings))

    def place(self, settings: Settings) -> str:
        """Return the daemon's address."""
        return daemon.docker_host()

    def start(self, recipe: Recipe, settings: Settings, claim: Claim | None) -> ContainerServer:
        """Pull the image if need be, and start a container on free ports of the loopback.

        Raises:
            StartError: The image cannot be had, or the daemon refuses.
        """
        assert isinstance(recipe, ContainerRecipe) and claim is not None
        if settings.data_dir is not None or not directories.has_memory():
            recipe = dataclasses.replace(recipe, scratch=())
        image = image_named(recipe.image, settings)
        from docker.errors import DockerException

        held = None
        try:
            client = new_client()
            try:
                held = join_network(claim, recipe)
                return run(client, claim, recipe, image, held)
            finally:
                client.client.close()
        except BaseException as error:
            if held is not None:
                release_after(error, claim, held)
            if isinstance(error, DockerException | OSError):
                raise failed(recipe, image, error) from error
            raise

    def attach(self, recipe: Recipe, settings: Settings, claim: Claim) -> ContainerServer:
        """Return a container that another process has started."""
        assert isinstance(recipe, ContainerRecipe) and claim.record is not None
        try:
            held = rejoin_network(claim, recipe)
        except OSError as error:
            raise failed(recipe, image_named(recipe.image, settings), error) from error
        record = claim.record
        server = ContainerServer(
            claim,
            Engine(record["host"]),
            record["name"],
            record["provenance"],
            recipe,
            endpoint_of(record),
            tuple((inside, host, port) for inside, host, port in record["ports"]),
            False,
            held,
        )
        server.secrets = tuple(record["secrets"])
        return server


def join_network(claim: Claim, recipe: ContainerRecipe) -> tuple[Claim, str] | None:
    """Hold the network that a container is on; None if it is on none."""
    if recipe.network is None:
        return None
    return network.join(claim.registry, daemon.docker_host(), recipe.network)


def rejoin_network(claim: Claim, recipe: ContainerRecipe) -> tuple[Claim, str] | None:
    """Hold the network of a container that was found, and see that it is on it.

    The one it was on went with its last holder: before the next run, or with a run that was killed.
    """
    assert claim.record is not None
    held = join_network(claim, recipe)
    if held is not None and held[1] != claim.record.get("network"):
        try:
            connect(Engine(claim.record["host"]), claim.record["name"], held[1], recipe.alias)
            claim.amend_record(network=held[1])
        except BaseException as error:
            if not (isinstance(error, EngineError) and error.status == NOT_FOUND):
                held[0].release()
                raise  # where the container is gone, its probe will tell
    return held


def release_after(error: BaseException, claim: Claim, held: tuple[Claim, str]) -> None:
    """Remove the container of a failed start, then give its network up."""
    for release in (claim.release, held[0].release):
        try:
            release()
        except Exception as second:
            error.add_note(f"what was made could not be removed either: {second}")


def run(
    client: DockerClient,
    claim: Claim,
    recipe: ContainerRecipe,
    image: Image,
    held: tuple[Claim, str] | None,
) -> ContainerServer:
    """Make a container, written down before it is, and start it."""
    engine = Engine(daemon.docker_host())
    recipe = settled_port(recipe)
    name = f"harness-{claim.registry.identifier}-{claim.instance}"
    reference = pull(client.client, image)
    claim.intend("container", host=engine.host, name=name, made=False)
    container = answered(claim, lambda: create(client, claim, recipe, reference, name))
    for path, content in recipe.files:
        container.put_archive("/", archive(path, content))
    if held is not None:
        connect(engine, container.id, held[1], recipe.alias)
    client.start(container)
    ports = places(client, engine, container.id, recipe)
    if recipe.address_file:
        _, host, number = ports[0]
        container.put_archive("/", archive(recipe.address_file, f"{host}:{number}\n".encode()))
    endpoint = dataclasses.replace(recipe.endpoint, trusted=True)
    if ports:
        endpoint = dataclasses.replace(endpoint, host=ports[0][1], port=ports[0][2])
    return ContainerServer(claim, engine, name, str(image), recipe, endpoint, ports, True, held)


def answered(claim: Claim, create: Callable[[], T]) -> T:
    """Ask for what was intended last, and note that the daemon has answered, if it only refused."""
    from docker.errors import APIError

    try:
        made = create()
    except APIError:
        claim.amend(made=True)  # there is none that may still appear
        raise
    claim.amend(made=True)
    return made


def archive(path: str, content: bytes) -> bytes:
    """Return a tar archive of one file, readable by all: the image's user need not be root.

    A script can be executed.
    """
    info = tarfile.TarInfo(path.lstrip("/"))
    info.size, info.mtime = len(content), int(time.time())
    info.mode = 0o755 if content.startswith(b"#!") else 0o644
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        tar.addfile(info, io.BytesIO(content))
    return packed.getvalue()


def connect(engine: Engine, container_id: str, network_name: str, alias: str | None) -> None:
    """Put a container on a network, under its alias there."""
    aliases = [alias] if alias is not None else []
    body = {"Container": container_id, "EndpointConfig": {"Aliases": aliases}}
    engine.post(f"/networks/{network_name}/connect", body)


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
        return DockerClient(timeout=CLIENT_TIMEOUT)


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


def create(
    client: DockerClient, claim: Claim, recipe: ContainerRecipe, reference: str, name: str
) -> Any:
    """Make the container, with our labels; not started yet."""
    return client.client.containers.create(
        reference,
        command=list(recipe.command) or None,
        environment=dict(recipe.environment),
        **networking(client, recipe),
        labels={
            f"{LABEL}.registry": claim.registry.identifier,
            f"{LABEL}.instance": claim.instance,
            f"{LABEL}.service": recipe.image,
        },
        name=name,
        user=recipe.user,
        mem_limit=recipe.memory,
        tmpfs=dict.fromkeys(recipe.scratch, ""),
        detach=True,
    )


PROVIDER = Docker()
