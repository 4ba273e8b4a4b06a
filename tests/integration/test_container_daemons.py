"""What stands behind a container and may fail: a registry that wants a login, a hung daemon."""

import base64
import contextlib
import json
import os
import shutil
import socket
import tempfile
import threading
import unittest
from pathlib import Path
from unittest import mock

from harness import Container, Http, Line, Process
from harness.errors import StartError
from harness.providers import daemon, docker, engine
from harness.providers.embedded import reserve_port
from tests.integration import published
from tests.integration.programs import OwnRegistryTest
from tests.integration.sandbox import docker_client
from tests.integration.test_containers import listener

REGISTRY = """
version: 0.1
log: {level: warn, accesslog: {disabled: true}}
storage: {filesystem: {rootdirectory: DIRECTORY/data}}
http: {addr: '127.0.0.1:PORT'}
auth: {htpasswd: {realm: tests, path: DIRECTORY/htpasswd}}
"""
# Of the user `tests` with the password `sesame`, by bcrypt.
HTPASSWD = "tests:$2b$04$sSkdjz2KCC1CeEFrpKygeeWHzQ7h9he1myNEX9k50GC8gmdrP4GUS\n"
LOGIN = {"username": "tests", "password": "sesame"}


@unittest.skipUnless(shutil.which("docker-registry"), "docker-registry is not installed")
class PrivateRegistryTest(OwnRegistryTest):
    """A registry that wants a login, which Docker's own configuration has."""

    def setUp(self):
        self.need(listener(1), "docker")
        self.made = self.own("docker,embedded")
        self.directory = Path(self.enterContext(tempfile.TemporaryDirectory()))
        with reserve_port() as holder:
            port = holder.getsockname()[1]
        (self.directory / "htpasswd").write_text(HTPASSWD)
        config = REGISTRY.replace("DIRECTORY", str(self.directory)).replace("PORT", str(port))
        (self.directory / "config.yml").write_text(config)
        command = ["docker-registry", "serve", str(self.directory / "config.yml")]
        self.made.start(Process(command, ready=Http("/v2/", status=401), port=port))
        self.name = f"127.0.0.1:{port}/private"
        self.reference = self.push()

    def push(self):
        """Publish a small image there, and forget what this machine has of it."""
        client = docker_client()
        image = published.load_of_another_machine()
        image.tag(self.name, "test")
        client.images.push(self.name, "test", auth_config=LOGIN)
        image.reload()
        reference = next(d for d in image.attrs["RepoDigests"] if d.startswith(self.name))
        client.images.remove(image.id, force=True)
        self.addCleanup(self.forget, reference)
        return reference

    def forget(self, reference):
        with contextlib.suppress(Exception):
            docker_client().images.remove(reference)

    def log_in(self, auths):
        (self.directory / "config.json").write_text(json.dumps({"auths": auths}))
        self.enterContext(mock.patch.dict(os.environ, DOCKER_CONFIG=str(self.directory)))

    def test_an_image_is_pulled_with_the_login_of_dockers_configuration(self):
        token = base64.b64encode(b"tests:sesame").decode()
        self.log_in({self.name.partition("/")[0]: {"auth": token}})

        with self.assertRaisesRegex(StartError, "exec format error"):  # so it was pulled
            self.made.start(Container(self.reference, ready=Line("begun")))
        self.assertIn(
            self.reference, docker_client().images.get(self.reference).attrs["RepoDigests"]
        )

    def test_without_a_login_it_is_an_error_that_says_so(self):
        self.log_in({})

        with self.assertRaises(StartError) as raised:
            self.made.start(Container(self.reference))
        self.assertIn(f"no container could be started from {self.reference}", str(raised.exception))
        self.assertIn("likely cause: the registry wants a login", str(raised.exception))


class HungDaemonTest(OwnRegistryTest):
    """A daemon that hangs as soon as it is asked to make a container."""

    def setUp(self):
        self.need(listener(1), "docker")
        self.directory = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def test_a_daemon_that_stops_answering_is_an_error(self):
        self.enterContext(mock.patch.object(docker, "CLIENT_TIMEOUT", 1))
        self.enterContext(mock.patch.object(engine, "TIMEOUT", 1))
        with hanging(self.directory / "docker.sock", b"/containers/create") as host:
            self.enterContext(mock.patch.dict(os.environ, DOCKER_HOST=host))
            made = self.own("docker")
            with self.assertRaises(StartError) as raised:
                made.start(Container("postgres", command="sleep 600"))

        self.assertIn("likely cause: the Docker daemon stopped answering", str(raised.exception))


@contextlib.contextmanager
def hanging(path, at):
    """Stand before the daemon and answer no more from the request that has `at` in it on."""
    real = daemon.docker_host().partition("://")[2]
    hung = threading.Event()
    with contextlib.ExitStack() as stack, socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()

        def serve():
            with contextlib.suppress(OSError):
                while True:
                    here, _ = server.accept()
                    there = stack.enter_context(socket.socket(socket.AF_UNIX))
                    stack.enter_context(here)
                    there.connect(real)
                    for pair in ((here, there), (there, here)):
                        threads.append(threading.Thread(target=forward, args=pair, daemon=True))
                        threads[-1].start()

        def forward(source, target):
            with contextlib.suppress(OSError):
                while block := source.recv(1 << 16):
                    if at in block:
                        hung.set()
                    if not hung.is_set():
                        target.sendall(block)
                target.shutdown(socket.SHUT_WR)

        threads = [threading.Thread(target=serve, daemon=True)]
        threads[0].start()
        yield f"unix://{path}"
        server.shutdown(socket.SHUT_RDWR)
