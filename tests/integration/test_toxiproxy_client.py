"""Our client, Toxiproxy's command and toxiproxy-python, with our server and the real one."""

import contextlib
import json
import socket
import subprocess
import threading
import time

from harness.errors import FaultError
from harness.faults.client import ToxiproxyClient
from tests.integration.toxiproxies import (
    CLI,
    BothServersTest,
    Upstream,
    connect,
    echo,
    ours,
    program,
    read,
)


class ClientTest(BothServersTest):
    def client(self, server):
        made = ToxiproxyClient(server.url)
        self.addCleanup(made.close)
        return made

    def proxy(self, server, **options):
        upstream = Upstream(echo)
        self.addCleanup(upstream.close)
        return self.client(server).create("p", upstream.address, **options)

    def answered(self, proxy):
        """Return what comes back of five bytes on a new connection, and how it ended."""
        with contextlib.closing(connect(proxy.address)) as line:
            line.sendall(b"hello")
            return read(line, 5)

    def refused(self, ask, *arguments):
        with self.assertRaises(FaultError) as raised:
            ask(*arguments)
        return str(raised.exception)


class ProxiesTest(ClientTest):
    def test_a_proxy_is_made_found_changed_and_removed(self):
        def life(server):
            client, proxy = self.client(server), self.proxy(server, seed=5)
            made = self.answered(proxy), [*client.proxies()], client.proxy("p").listen
            self.assertEqual(proxy.listen, made[2])
            proxy.update(upstream="127.0.0.1:1")
            moved = self.answered(proxy)[0]
            proxy.delete()
            proxy.delete()
            return made[:2], moved, client.proxies()

        self.assertEqual((((b"hello", "more"), ["p"]), b"", {}), self.on_each(life))

    def test_odd_names_are_names(self):
        def odd(server):
            client = self.client(server)
            client.create("a b?ä%", "127.0.0.1:1").update(enabled=False)
            return client.proxy("a b?ä%").enabled

        self.assertFalse(self.on_each(odd))

    def test_a_name_that_could_not_be_found_again_is_refused(self):
        for name in ("", "a/b"):
            self.assertEqual(
                f"{name!r} is no name of a proxy\n"
                "  likely cause: it stands in the paths of the API\n"
                "  next: write one without a slash",
                self.refused(self.client(self.servers[0]).create, name, "127.0.0.1:1"),
            )

    def test_a_version_is_told(self):
        for server in self.servers:
            self.assertTrue(self.client(server).version())

    def test_reset_removes_all_toxics(self):
        def reset(server):
            proxy = self.proxy(server)
            with proxy.toxics.timeout(ms=0):
                self.client(server).reset()
                return proxy.active()

        self.assertEqual([], self.on_each(reset))


class ToxicsTest(ClientTest):
    def test_every_fault_lasts_as_long_as_its_block(self):
        def all_of_them(server):
            proxy = self.proxy(server)
            toxics = proxy.toxics
            seen = []
            for fault in (
                toxics.latency(ms=1, jitter_ms=1),
                toxics.bandwidth(kb_per_s=10_000),
                toxics.slow_close(ms=1),
                toxics.timeout(ms=50),
                toxics.reset_peer(ms=1),
                toxics.slicer(bytes=2, variation=1, delay_us=1),
                toxics.limit_data(bytes=3, stream="upstream", toxicity=0.25),
            ):
                with fault:
                    seen += proxy.active()
            return seen, proxy.active()

        seen, left = self.on_each(all_of_them)
        self.assertEqual([], left)
        self.assertEqual(7, len(seen))
        self.assertEqual(("limit_data_upstream", 0.25), (seen[6]["name"], seen[6]["toxicity"]))

    def test_they_act_on_connections(self):
        def faulty(server):
            proxy = self.proxy(server)
            with proxy.toxics.limit_data(bytes=2):
                cut = self.answered(proxy)
            with proxy.toxics.reset_peer(stream="upstream"):
                reset = self.answered(proxy)
            return cut, reset, self.answered(proxy)

        expected = ((b"he", "end"), (b"", "reset"), (b"hello", "more"))
        self.assertEqual(expected, self.on_each(faulty))

    def test_equal_ones_may_be_nested(self):
        def nested(server):
            proxy = self.proxy(server)
            with proxy.toxics.latency(ms=20), proxy.toxics.latency(ms=30):
                began = time.monotonic()
                self.answered(proxy)
                self.assertGreater(time.monotonic() - began, 0.048)
                names = [toxic["name"] for toxic in proxy.active()]
            return names, proxy.active()

        expected = (["latency_downstream", "latency_downstream_2"], [])
        self.assertEqual(expected, self.on_each(nested))

    def test_down_refuses_connections_and_lets_them_in_again(self):
        def down(server):
            proxy = self.proxy(server)
            with proxy.toxics.down():
                with proxy.toxics.down():
                    pass
                with self.assertRaises(ConnectionRefusedError):
                    connect(proxy.address)
            return self.answered(proxy)

        self.assertEqual((b"hello", "more"), self.on_each(down))

    def test_they_are_over_when_the_block_fails(self):
        def failing(server):
            proxy = self.proxy(server)
            with self.assertRaises(ZeroDivisionError), proxy.toxics.timeout(ms=0):
                1 / 0  # noqa: B018
            return proxy.active()

        self.assertEqual([], self.on_each(failing))

    def test_one_that_somebody_else_removed_is_no_error(self):
        def removed(server):
            proxy = self.proxy(server)
            with proxy.toxics.timeout(ms=0):
                proxy.remove("timeout_downstream")
            with proxy.toxics.timeout(ms=0):
                proxy.delete()

        self.on_each(removed)

    def test_one_object_is_for_one_block_at_a_time(self):
        fault = self.proxy(self.servers[0]).toxics.timeout(ms=0)
        with fault:
            text = self.refused(fault.__enter__)
        with fault:  # one after another is fine
            pass

        self.assertIn("timeout(ms=0) was entered twice", text)


class ErrorsTest(ClientTest):
    def test_what_the_server_refuses_is_told_with_the_next_step(self):
        def twice(server):
            self.proxy(server)
            return self.refused(lambda: self.proxy(server)).split(" refused ")[1]

        self.assertEqual(
            "POST /proxies: proxy already exists (409)\n"
            "  likely cause: somebody else, or an earlier run, has made it\n"
            "  next: choose another name, or remove that one",
            self.on_each(twice),
        )

    def test_a_proxy_that_is_gone_is_an_error(self):
        def gone(server):
            proxy = self.proxy(server)
            proxy.delete()
            return self.refused(proxy.toxics.timeout(ms=0).__enter__).split(" refused ")[1]

        self.assertEqual(
            "POST /proxies/p/toxics: proxy not found (404)\n"
            "  likely cause: it was removed, or the server was started anew\n"
            "  next: make it with create(), and keep it for the length of the test",
            self.on_each(gone),
        )

    def test_an_address_without_a_port_is_an_error(self):
        def bad(server):
            client = self.client(server)
            return self.refused(lambda: client.create("p", "127.0.0.1:1", listen="nonsense"))

        for server in self.servers:
            self.assertIn('next: write addresses as "host:port"', bad(server))

    def test_a_server_that_dies_in_a_block_is_one_error(self):
        server = ours()
        client = ToxiproxyClient(server.url)
        proxy = client.create("p", "127.0.0.1:1")

        def dying():
            with proxy.toxics.timeout(ms=0):
                server.close()

        self.assertRegex(
            self.refused(dying),
            r"^the fault proxy at http://127.0.0.1:(\d+) does not answer: .*\n"
            r"  likely cause: it was not started, or has ended\n"
            r"  next: start one: harness toxiproxy --port \1$",
        )

    def test_the_error_of_the_block_is_not_lost_when_the_server_dies(self):
        server = ours()
        client = ToxiproxyClient(server.url)
        proxy = client.create("p", "127.0.0.1:1")

        with self.assertRaises(ZeroDivisionError) as raised, proxy.toxics.timeout(ms=0):
            server.close()
            1 / 0  # noqa: B018

        self.assertIn("timeout(ms=0) could not be ended", raised.exception.__notes__[0])

    def test_what_is_no_url_is_an_error(self):
        for url in ("127.0.0.1:8474", "https://127.0.0.1:1", "http://", "http://a:b"):
            self.assertIn("next: write http://host:port", self.refused(ToxiproxyClient, url))

    def test_another_server_is_no_fault_proxy(self):
        other = Upstream(lambda line: line.sendall(b"SSH-2.0-OpenSSH_9.2\r\n"))
        self.addCleanup(other.close)
        client = ToxiproxyClient(f"http://{other.address}")

        self.assertIn("does not answer", self.refused(client.version))

    def test_a_line_that_the_server_has_closed_is_opened_again(self):
        client = ToxiproxyClient(self.servers[0].url)
        self.addCleanup(client.close)
        client.version()
        client._line._open.sock.shutdown(socket.SHUT_RDWR)

        self.assertEqual("2.12.0", client.version())

    def test_threads_may_share_a_client(self):
        client = self.client(self.servers[0])
        proxy = self.proxy(self.servers[0])
        failures = []

        def use():
            try:
                for _ in range(20):
                    with proxy.toxics.latency(ms=1):
                        client.proxies()
            except Exception as error:
                failures.append(error)

        threads = [threading.Thread(target=use) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        self.assertEqual([], failures)
        self.assertEqual([], proxy.active())


class OtherClientsTest(ClientTest):
    def test_toxiproxy_python_works(self):
        from toxiproxy import Toxiproxy
        from toxiproxy.api import APIConsumer

        def worked(server):
            before = APIConsumer.host, APIConsumer.port
            other = Toxiproxy()
            other.update_api_consumer("127.0.0.1", server.port)
            try:
                return use(other)
            finally:
                APIConsumer.host, APIConsumer.port = before

        def use(other):
            upstream = Upstream(echo)
            self.addCleanup(upstream.close)
            proxy = other.create(name="q", upstream=upstream.address, listen="127.0.0.1:0")
            proxy.add_toxic(type="limit_data", attributes={"bytes": 2})
            host, _, port = proxy.listen.rpartition(":")
            with contextlib.closing(connect((host, int(port)))) as line:
                line.sendall(b"hello")
                cut = read(line)
            names = sorted(proxy.toxics())
            proxy.destroy_toxic("limit_data_downstream")
            other.destroy_all()
            return cut, names, sorted(other.proxies())

        expected = ((b"he", "end"), ["limit_data_downstream"], [])
        self.assertEqual(expected, self.on_each(worked))

    def test_the_command_of_toxiproxy_works(self):
        command = program(CLI, "toxiproxy-cli")
        if not command:
            self.skipTest("no toxiproxy-cli")

        def run(server, *arguments):
            done = subprocess.run(
                [command, "-host", server.url, *arguments],
                capture_output=True,
                text=True,
                timeout=10,
            )
            self.assertEqual(0, done.returncode, done.stdout + done.stderr)
            return done.stdout

        def worked(server):
            run(server, "create", "-l", "127.0.0.1:0", "-u", "127.0.0.1:1", "q")
            run(server, "toxic", "add", "-t", "latency", "-a", "latency=5", "-tox", "0.5", "q")
            update = ("-n", "latency_downstream", "-a", "jitter=2", "q")
            run(server, "toxic", "update", *update)
            found = json.loads(server.send("GET", "/proxies/q")[2])["toxics"]
            listed = run(server, "inspect", "q")
            self.assertIn("latency_downstream", listed)
            run(server, "toxic", "remove", "-n", "latency_downstream", "q")
            run(server, "toggle", "q")
            enabled = json.loads(server.send("GET", "/proxies/q")[2])["enabled"]
            run(server, "delete", "q")
            return found, enabled, run(server, "list")

        found, enabled, _ = self.on_each(worked)
        self.assertEqual({"latency": 5, "jitter": 2}, found[0]["attributes"])
        self.assertFalse(enabled)
