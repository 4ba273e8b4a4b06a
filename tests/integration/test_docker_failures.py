"""Docker that is not there, or fails: what is said, how quickly, and that nothing is left."""

import contextlib
import json
import os
import socket
import tempfile
import threading
import time
import unittest
from pathlib import Path
from unittest import mock

from harness import Environment, HarnessTestCase, Postgres
from harness.core.identity import registry_id
from harness.core.settings import Settings
from harness.errors import ConfigurationError, RequiredError, ServiceDiedError, StartError
from harness.providers.images import image_named
from tests.integration.inner import run_inner
from tests.integration.sandbox import ROOT, SandboxTest, docker_client

LABEL = "org.unittest-harness.registry"


class NoDaemonTest(unittest.TestCase):
    """Each test's daemon has an address of its own, since an answer is remembered."""

    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.socket = Path(holder.name, "docker.sock")

    def reason(self, host, **variables):
        """Return why the tests of a class are skipped, or the error of one."""
        settings = Settings.read(environ={"HARNESS_PROVIDERS": "docker", **variables})

        class Case(HarnessTestCase):
            environment = Environment(settings)
            db = Postgres()

            def test_a(self):
                self.db.value("select 1")

            test_b = test_a

        began = time.monotonic()
        with mock.patch.dict(os.environ, DOCKER_HOST=host):
            self.result = run_inner(Case)
        self.assertLess(time.monotonic() - began, 4)  # asked once, for both
        self.assertEqual(2, self.result.testsRun)
        return self.result.text

    def check_skipped(self, host, words):
        text = self.reason(host)

        self.assertIn(words, text)
        self.assertIn("next: run `harness doctor`", text)
        self.assertEqual(2, len(self.result.skipped))

    def test_a_socket_that_is_not_there(self):
        self.check_skipped(f"unix://{self.socket}", f"no Docker daemon at unix://{self.socket}")

    def test_a_socket_on_which_nobody_listens(self):
        with socket.socket(socket.AF_UNIX) as unused:
            unused.bind(str(self.socket))
            self.check_skipped(f"unix://{self.socket}", "no Docker daemon listens at")

    def test_a_port_on_which_nobody_listens(self):
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            host = f"tcp://127.0.0.1:{unused.getsockname()[1]}"
            self.check_skipped(host, f"no Docker daemon listens at {host}")

    def test_a_daemon_that_accepts_and_never_answers(self):
        with self.daemon(lambda connection: None):
            self.check_skipped(f"unix://{self.socket}", "did not answer within 1 s")

    def test_a_daemon_that_is_ill(self):
        with self.daemon(lambda c: c.sendall(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")):
            self.check_skipped(f"unix://{self.socket}", "answers HTTP 503")

    def test_something_that_is_no_daemon(self):
        with self.daemon(lambda connection: connection.sendall(b"220 mail.example.com\r\n")):
            self.check_skipped(f"unix://{self.socket}", "cannot be asked: BadStatusLine")

    def test_something_that_hangs_up(self):
        with self.daemon(lambda connection: connection.close()):
            self.check_skipped(f"unix://{self.socket}", "cannot be asked")

    def test_where_docker_is_required_it_is_an_error_of_each_test(self):
        text = self.reason(f"unix://{self.socket}", HARNESS_REQUIRE="postgres@docker")

        self.assertEqual([RequiredError] * 2, [type(error) for error in self.result.raised])
        self.assertIn("postgres@docker is required and cannot run here", text)

    @contextlib.contextmanager
    def daemon(self, answer):
        """Listen on the socket, and give each connection to `answer`."""
        with socket.socket(socket.AF_UNIX) as listener, contextlib.ExitStack() as connections:
            listener.bind(str(self.socket))
            listener.listen()

            def serve():
                with contextlib.suppress(OSError):
                    while True:
                        connection, _ = listener.accept()
                        connections.enter_context(connection)
                        answer(connection)

            thread = threading.Thread(target=serve, daemon=True)
            thread.start()
            yield
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


class ForbiddenTest(SandboxTest):
    @unittest.skipUnless(
        hasattr(os, "geteuid") and os.geteuid() == 0, "only root can become others"
    )
    def test_a_daemon_that_this_user_may_not_use(self):
        import pg8000

        python = "/usr/bin/python3"
        packages = str(Path(pg8000.__file__).parents[1])
        box = self.sandbox("docker", PYTHONPATH=f"{ROOT}{os.pathsep}{packages}")
        prefix = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
        source = """
        from harness import Environment
        from harness.errors import UnavailableError
        class Suite(unittest.TestCase):
            def test(self):
                with self.assertRaises(UnavailableError) as raised:
                    Environment().choose(Postgres())
                self.assertIn("no permission to use unix:///", str(raised.exception))
                self.assertIn("is this user in the group docker?", str(raised.exception))
                say("told")
        """

        code, printed = box.run(source, *prefix, python=python)

        self.assertEqual((0, "told"), (code, printed.partition("\n")[0]), printed)


class ContainerTest(SandboxTest):
    def setUp(self):
        self.need("docker")
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.directory = Path(holder.name)
        self.environment = self.make_environment()

    def make_environment(self, **overrides):
        """Return one that shares with no other, for what is killed here."""
        made = Environment(providers="docker", state_dir=str(self.directory), **overrides)
        self.addCleanup(made.close)
        return made

    def images(self, reference):
        path = self.directory / "images.json"
        path.write_text(json.dumps({"postgres": reference}))
        return str(path)

    def containers(self):
        label = f"{LABEL}={registry_id(self.environment.settings)}"
        return docker_client().containers.list(
            all=True, filters={"label": label}, ignore_removed=True
        )

    def refused(self, environment, service, kind=StartError):
        began = time.monotonic()
        with self.assertRaises(kind) as raised:
            environment.lease(service)
        self.assertLess(time.monotonic() - began, 20)
        self.assertEqual([], self.containers())
        return str(raised.exception)

    def test_an_image_that_the_registry_has_not(self):
        pinned = image_named("postgres", self.environment.settings)
        missing = f"{pinned.name}@sha256:{'0' * 64}"
        environment = self.make_environment(images=self.images(missing))

        text = self.refused(environment, Postgres())

        self.assertIn(f"no container could be started from {missing}", text)
        self.assertIn("likely cause: the registry has no image of that digest", text)
        self.assertIn(f"next: try `docker pull {missing}`", text)

    def test_a_registry_on_which_nobody_listens(self):
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            reference = f"127.0.0.1:{unused.getsockname()[1]}/postgres:17@sha256:{'0' * 64}"
            environment = self.make_environment(images=self.images(reference))

            text = self.refused(environment, Postgres())

        self.assertIn("likely cause: the registry cannot be reached", text)

    def test_an_image_that_is_not_pinned(self):
        environment = self.make_environment(images=self.images("postgres:latest"))

        text = self.refused(environment, Postgres(), ConfigurationError)

        self.assertIn("is not pinned: postgres:latest", text)

    def test_a_container_that_ends_at_once(self):
        text = self.refused(self.environment, Postgres(settings=(("wrok_mem", "1MB"),)))

        self.assertIn("postgres on docker ended while starting: exit code 1", text)
        self.assertIn('unrecognized configuration parameter "wrok_mem"', text)
        self.assertIn("likely cause: `settings=` names a setting the server has not", text)

    def run_lost(self, lose):
        test = self

        class Case(HarnessTestCase):
            environment = self.environment
            db = Postgres()

            def test_a(self):
                self.db.execute("create table t (id integer)")
                (container,) = test.containers()
                lose(container)
                while True:
                    self.db.execute("insert into t values (1)")

            def test_b(self):
                self.db.execute("select 1")

        result = run_inner(Case)
        self.environment.close()
        self.assertEqual(["test_a", "test_b"], result.failed)
        self.assertEqual([ServiceDiedError] * 2, [type(error) for error in result.raised])
        self.assertEqual([], self.containers())
        return [str(error) for error in result.raised]

    def test_a_container_that_is_killed_in_mid_test(self):
        for text in self.run_lost(lambda container: container.kill()):
            self.assertIn("postgres on docker died: exit code 137", text)
            self.assertIn("database system is ready", text)

    def test_a_container_that_is_removed_in_mid_test(self):
        for text in self.run_lost(lambda container: container.remove(force=True, v=True)):
            self.assertIn("postgres on docker died: the container is gone", text)
