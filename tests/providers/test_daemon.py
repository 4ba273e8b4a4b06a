"""Why a Docker daemon cannot be used, found out over real sockets."""

import json
import os
import socket
import time
import unittest
from hashlib import sha256

from harness.providers import daemon
from tests.support.unit import IS_ROOT, NO_PERMISSIONS, DirectoryTest, listening

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK"
BROKEN = b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n"


class RefusalTest(DirectoryTest):
    def setUp(self):
        super().setUp()
        self.environment()
        self.path = self.directory / "d.sock"
        self.host = f"unix://{self.path}"

    def test_one_that_answers_is_not_refused(self):
        with listening(self.path, OK) as host:
            self.assertIsNone(daemon.refusal(host))

    def test_it_is_asked_once(self):
        with listening(self.path, OK) as host:
            daemon.refusal(host)

        self.assertIsNone(daemon.refusal(host))

    def test_a_missing_socket_is_no_daemon(self):
        self.assertEqual(f"no Docker daemon at {self.host}", daemon.refusal(self.host))

    def test_a_socket_that_nobody_listens_on_is_no_daemon(self):
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(self.path))

        self.assertEqual(f"no Docker daemon listens at {self.host}", daemon.refusal(self.host))

    def test_one_that_never_answers_costs_a_second(self):
        before = time.monotonic()
        with listening(self.path) as host:
            refusal = daemon.refusal(host)

        self.assertEqual(f"the Docker daemon at {host} did not answer within 1 s", refusal)
        self.assertLess(time.monotonic() - before, 10)

    def test_one_that_is_broken_says_its_status(self):
        with listening(self.path, BROKEN) as host:
            self.assertEqual(f"the Docker daemon at {host} answers HTTP 500", daemon.refusal(host))

    def test_one_that_speaks_something_else_says_what_it_said(self):
        with listening(self.path, b"220 mail.example.com ESMTP\r\n") as host:
            refusal = daemon.refusal(host)

        self.assertIn("cannot be asked: BadStatusLine: 220 mail.example.com", refusal)

    def test_one_that_hangs_up_is_refused(self):
        with listening(self.path, b"") as host:
            self.assertIn("cannot be asked: RemoteDisconnected", daemon.refusal(host))

    def test_a_path_that_is_too_long_is_refused(self):
        self.assertIn("AF_UNIX path too long", daemon.refusal(f"unix:///{'x' * 200}"))

    @unittest.skipIf(IS_ROOT, NO_PERMISSIONS)
    def test_a_socket_of_others_names_the_group(self):
        with listening(self.path, OK) as host:
            self.path.chmod(0)
            refusal = daemon.refusal(host)
            self.path.chmod(0o600)

        self.assertEqual(f"no permission to use {host}; is this user in the group docker?", refusal)

    def test_an_address_is_asked_too(self):
        with socket.socket() as server:
            server.bind(("127.0.0.1", 0))  # and does not listen
            host = "tcp://{}:{}".format(*server.getsockname())

            self.assertEqual(f"no Docker daemon listens at {host}", daemon.refusal(host))

    def test_other_schemes_are_left_to_the_client(self):
        self.assertIsNone(daemon.refusal("ssh://me@h"))
        self.assertIsNone(daemon.refusal("npipe:////./pipe/docker_engine"))

    def test_with_tls_it_is_enough_that_somebody_listens(self):
        for variable in ("DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"):
            with self.subTest(variable), socket.create_server(("127.0.0.1", 0)) as server:
                self.environment(**{variable: "1"})
                self.assertIsNone(daemon.refusal("tcp://{}:{}".format(*server.getsockname())))

    def test_tls_changes_nothing_for_a_socket(self):
        self.environment(DOCKER_TLS_VERIFY="1")

        with listening(self.path, BROKEN) as host:
            self.assertIn("HTTP 500", daemon.refusal(host))


class HostTest(DirectoryTest):
    def context(self, name, host, current=None):
        directory = f"contexts/meta/{sha256(name.encode()).hexdigest()}"
        meta = {"Name": name, "Endpoints": {"docker": {"Host": host}}}
        self.write(f".docker/{directory}/meta.json", json.dumps(meta))
        if current is not None:
            self.write(".docker/config.json", json.dumps({"currentContext": current}))

    def test_the_variable_wins(self):
        self.context("mine", "tcp://mine:1", current="mine")
        self.environment(DOCKER_HOST="tcp://h:1")

        self.assertEqual("tcp://h:1", daemon.docker_host())

    def test_then_the_current_context(self):
        self.context("mine", "tcp://mine:1", current="mine")
        self.environment()

        self.assertEqual("tcp://mine:1", daemon.docker_host())

    def test_the_context_of_the_variable_wins_over_the_current_one(self):
        self.context("mine", "tcp://mine:1", current="mine")
        self.context("other", "tcp://other:1")
        self.environment(DOCKER_CONTEXT="other")

        self.assertEqual("tcp://other:1", daemon.docker_host())

    def test_the_context_of_the_variable_needs_no_configuration(self):
        self.context("mine", "tcp://mine:1")
        self.environment(DOCKER_CONTEXT="mine")

        self.assertEqual("tcp://mine:1", daemon.docker_host())

    def test_the_directory_of_the_contexts_can_be_moved(self):
        self.context("mine", "tcp://mine:1", current="mine")
        (self.directory / ".docker").rename(self.directory / "moved")
        self.environment(DOCKER_CONFIG=str(self.directory / "moved"))

        self.assertEqual("tcp://mine:1", daemon.context_host())

    def test_the_default_context_is_none(self):
        self.environment()
        for text in (
            "{}",
            '{"currentContext": "default"}',
            "[]",
            "no json",
            '{"currentContext": 1}',
        ):
            with self.subTest(text):
                self.write(".docker/config.json", text)
                self.assertIsNone(daemon.context_host())

    def test_a_context_of_another_form_is_none(self):
        self.context("mine", "tcp://mine:1", current="mine")
        self.environment()
        for meta in ("{}", "[]", '{"Endpoints": []}', '{"Endpoints": {"docker": null}}'):
            with self.subTest(meta):
                next(self.directory.rglob("meta.json")).write_text(meta)
                self.assertIsNone(daemon.context_host())

    def test_else_the_socket_of_the_user_where_there_is_one(self):
        self.environment(XDG_RUNTIME_DIR=str(self.directory))
        if os.path.exists("/var/run/docker.sock"):
            self.assertEqual("unix:///var/run/docker.sock", daemon.docker_host())
            return
        path = self.write("docker.sock")
        self.assertEqual(f"unix://{path}", daemon.docker_host())

    @unittest.skipIf(IS_ROOT, NO_PERMISSIONS)
    def test_a_home_that_we_may_not_enter_is_no_error(self):
        closed = self.directory / "closed"
        closed.mkdir(mode=0)
        self.environment(HOME=str(closed), XDG_RUNTIME_DIR=str(closed))

        self.assertEqual("unix:///var/run/docker.sock", daemon.docker_host())
