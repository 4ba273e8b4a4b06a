"""Images of a test's own, published in the registry on this machine that `.ci/prepare` starts."""

import contextlib
import hashlib
import io
import json
import os
import secrets
import tarfile
import unittest

from harness.core.settings import current_settings
from harness.providers.images import image_named
from tests.integration.sandbox import docker_client

LOCAL = ("127.0.0.1:", "localhost:")
OTHER_MACHINES = {"amd64": ("arm64", 183), "arm64": ("amd64", 62)}  # numbers of ELF machines


def registry():
    """Return the address of the local registry; skip the test without one."""
    address = image_named("postgres", current_settings()).name.partition("/")[0]
    if not address.startswith(LOCAL):
        raise unittest.SkipTest("there is no registry on this machine to publish an image in")
    return address


def publish(test, image, repository):
    """Push an image under a name that no other test has; return its reference by digest."""
    name = f"{registry()}/harness-tests/{repository}-{secrets.token_hex(4)}"
    image.tag(name, "test")
    docker_client().images.push(name, "test")
    test.addCleanup(remove, name)
    image.reload()
    return next(digest for digest in image.attrs["RepoDigests"] if digest.startswith(name))


def remove(name):
    """Remove all that this machine's daemon has under a name."""
    for image in docker_client().images.list(name):
        with contextlib.suppress(Exception):
            docker_client().images.remove(image.id, force=True)


def with_health_check(test, command):
    """Publish the image of Postgres with a HEALTHCHECK; return its reference."""
    parent = image_named("postgres", current_settings()).reference
    container = docker_client().containers.create(parent)
    try:
        image = container.commit(changes=f"HEALTHCHECK CMD {command}")
    finally:
        container.remove(v=True)
    return publish(test, image, "healthy")


def of_another_machine(test):
    """Publish an image for a processor that this machine has not; return its reference."""
    return publish(test, load_of_another_machine(), "foreign")


def load_of_another_machine():
    """Give the daemon a small image for a processor that this machine has not: a new one."""
    own = docker_client().info()["Architecture"].replace("x86_64", "amd64")
    architecture, machine = OTHER_MACHINES[own.replace("aarch64", "arm64")]
    (image,) = docker_client().images.load(archive(architecture, program(machine) + os.urandom(8)))
    return image


def program(machine):
    """Return the header of a program for a machine: enough not to be executed by another."""
    ident = b"\x7fELF\x02\x01\x01" + bytes(9)
    fields = (2, machine, 1), (0x400000, 64, 0), (0, 64, 56, 0, 64, 0, 0)
    header = b"".join(n.to_bytes(2 if i < 2 else 4, "little") for i, n in enumerate(fields[0]))
    header += b"".join(n.to_bytes(8, "little") for n in fields[1])
    header += (0).to_bytes(4, "little")
    header += b"".join(n.to_bytes(2, "little") for n in fields[2][1:])
    return ident + header


def archive(architecture, content):
    """Return an image with one program, as `docker save` writes it."""
    layer = tar({"entry": (content, 0o755)})
    digest = hashlib.sha256(layer).hexdigest()
    config = json.dumps(
        {
            "architecture": architecture,
            "os": "linux",
            "config": {"Entrypoint": ["/entry"]},
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}"]},
        }
    ).encode()
    manifest = [{"Config": "config.json", "RepoTags": None, "Layers": ["layer.tar"]}]
    files = {
        "config.json": config,
        "layer.tar": layer,
        "manifest.json": json.dumps(manifest).encode(),
    }
    return tar({name: (data, 0o644) for name, data in files.items()})


def tar(files):
    """Return an archive of files, as {name: (content, mode)}."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, (content, mode) in files.items():
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(content), mode
            archive.addfile(info, io.BytesIO(content))
    return packed.getvalue()
