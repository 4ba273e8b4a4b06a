"""The HTTP API, answer by answer, on our fault proxy and on the real one."""

import contextlib
import http.client
import json
import socket
import unittest

from tests.integration.toxiproxies import (
    OURS,
    PATIENCE,
    BothServersTest,
    Server,
    Upstream,
    echo,
    ours,
    real_server,
)

NOWHERE = "127.0.0.1:1"


def proxy(name="p", **fields):
    return {"name": name, "listen": "127.0.0.1:0", "upstream": NOWHERE, **fields}


def shown(name="p", **fields):
    """A proxy as the API shows it."""
    return {
        **proxy(name, listen="127.0.0.1:PORT", enabled=True, Logger={}, toxics=[]),
        **fields,
    }


def refused(message, status):
    return status, {"error": message, "status": status}


def latency(**fields):
    base = {"name": "latency_downstream", "type": "latency", "stream": "downstream"}
    return {**base, "attributes": {"latency": 0, "jitter": 0}, "toxicity": 1, **fields}


class PresenceTest(unittest.TestCase):
    def test_the_real_server_is_there_to_compare_with(self):
        if not real_server():
            self.skipTest("no toxiproxy-server: our answers are compared with nothing")


class ProxiesTest(BothServersTest):
    def test_there_are_none_at_first(self):
        self.assertEqual((200, {}), self.ask("GET", "/proxies"))

    def test_one_is_made_shown_listed_and_removed(self):
        self.assertEqual((201, shown()), self.ask("POST", "/proxies", proxy()))
        self.assertEqual((200, shown()), self.ask("GET", "/proxies/p"))
        self.assertEqual((200, {"p": shown()}), self.ask("GET", "/proxies"))
        self.assertEqual((204, ""), self.ask("DELETE", "/proxies/p"))
        self.assertEqual((200, {}), self.ask("GET", "/proxies"))

    def test_it_gets_a_free_port_of_every_interface_where_none_is_named(self):
        _, made = self.ask("POST", "/proxies", {"name": "p", "upstream": NOWHERE})

        self.assertEqual("[::]:PORT", made["listen"])

    def test_a_host_is_resolved(self):
        for listen in ("localhost:0", "127.0.0.2:0", "[::1]:0", "0.0.0.0:0", ":0"):
            with self.subTest(listen):
                self.ask("POST", "/proxies", proxy(listen, listen=listen))

    def test_a_disabled_one_keeps_the_address_that_was_given(self):
        body = proxy(listen="localhost:0", enabled=False)

        self.assertEqual((201, shown(**body)), self.ask("POST", "/proxies", body))

    def test_a_name_is_taken_once(self):
        self.ask("POST", "/proxies", proxy())

        answer = self.ask("POST", "/proxies", proxy())

        self.assertEqual(refused("proxy already exists", 409), answer)

    def test_a_name_and_an_upstream_are_needed(self):
        for field in ("name", "upstream"):
            for body in ({**proxy(), field: ""}, {k: v for k, v in proxy().items() if k != field}):
                answer = self.ask("POST", "/proxies", body)
                self.assertEqual(refused(f"missing required field: {field}", 400), answer)

    def test_what_is_not_there_is_not_found(self):
        for method, path in (
            ("GET", "/proxies/no"),
            ("PATCH", "/proxies/no"),
            ("POST", "/proxies/no"),
            ("DELETE", "/proxies/no"),
            ("GET", "/proxies/no/toxics"),
            ("POST", "/proxies/no/toxics"),
            ("GET", "/proxies/no/toxics/no"),
            ("PATCH", "/proxies/no/toxics/no"),
            ("DELETE", "/proxies/no/toxics/no"),
        ):
            with self.subTest(f"{method} {path}"):
                answer = self.ask(method, path, {})
                self.assertEqual(refused("proxy not found", 404), answer)

    def test_odd_names_are_names(self):
        for name in ("a b", "ä", "%41", "a?b", "..a", "x" * 1000):
            self.ask("POST", "/proxies", proxy(name))
        self.ask("GET", "/proxies/a%20b")
        self.ask("GET", "/proxies/%C3%A4")
        self.ask("GET", "/proxies/%2541")
        self.ask("GET", "/proxies/a%3Fb")
        self.assertEqual(6, len(self.ask("GET", "/proxies")[1]))

    def test_a_port_that_is_taken_is_an_error(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            body = proxy(listen=f"127.0.0.1:{taken.getsockname()[1]}")

            answer = self.ask("POST", "/proxies", body)

        text = "listen tcp 127.0.0.1:PORT: bind: address already in use"
        self.assertEqual(refused(text, 500), answer)

    def test_an_address_of_another_machine_is_an_error(self):
        answer = self.ask("POST", "/proxies", proxy(listen="192.0.2.1:6000"))

        text = "listen tcp 192.0.2.1:PORT: bind: cannot assign requested address"
        self.assertEqual(refused(text, 500), answer)

    def test_what_is_no_address_is_an_error(self):
        for listen in ("nonsense", "1.2.3", "127.0.0.1:99999", "127.0.0.1:x", "::1"):
            with self.subTest(listen):
                self.on_each(
                    lambda server, listen=listen: server.send(
                        "POST", "/proxies", proxy(listen=listen)
                    )[0]
                )


class UpdateTest(BothServersTest):
    def setUp(self):
        super().setUp()
        self.ask("POST", "/proxies", proxy())

    def test_it_is_disabled_and_enabled_on_the_same_port(self):
        ports = [json.loads(s.send("GET", "/proxies/p")[2])["listen"] for s in self.servers]
        for method in ("POST", "PATCH"):
            self.assertEqual(
                (200, shown(enabled=False)), self.ask(method, "/proxies/p", {"enabled": False})
            )
            self.assertEqual((200, shown()), self.ask(method, "/proxies/p", {"enabled": True}))
        again = [json.loads(s.send("GET", "/proxies/p")[2])["listen"] for s in self.servers]
        self.assertEqual(ports, again)

    def test_nothing_changes_nothing(self):
        self.assertEqual((200, shown()), self.ask("PATCH", "/proxies/p", {}))

    def test_it_is_led_elsewhere_and_keeps_its_toxics(self):
        self.ask("POST", "/proxies/p/toxics", {"type": "latency"})

        answer = self.ask("PATCH", "/proxies/p", {"upstream": "127.0.0.1:2"})

        self.assertEqual((200, shown(upstream="127.0.0.1:2", toxics=[latency()])), answer)

    def test_its_name_stays(self):
        self.assertEqual((200, shown()), self.ask("PATCH", "/proxies/p", {"name": "other"}))

    def test_an_address_that_cannot_be_listened_on_leaves_it_disabled(self):
        answer = self.ask("PATCH", "/proxies/p", {"listen": "192.0.2.1:6000"})

        self.assertEqual(500, answer[0])
        self.assertFalse(self.ask("GET", "/proxies/p")[1]["enabled"])

    def test_a_field_of_another_type_is_an_error(self):
        for body in ({"enabled": "yes"}, {"listen": 5}, {"upstream": []}, [], "x", 5):
            with self.subTest(str(body)):
                self.assertEqual(
                    refused("bad request body: ...", 400), self.ask("PATCH", "/proxies/p", body)
                )


class ToxicsTest(BothServersTest):
    def setUp(self):
        super().setUp()
        self.ask("POST", "/proxies", proxy())

    def add(self, **body):
        return self.ask("POST", "/proxies/p/toxics", body)

    def test_one_is_added_shown_listed_and_removed(self):
        self.assertEqual((200, []), self.ask("GET", "/proxies/p/toxics"))
        self.assertEqual((200, latency()), self.add(type="latency"))
        self.assertEqual((200, latency()), self.ask("GET", "/proxies/p/toxics/latency_downstream"))
        self.assertEqual((200, [latency()]), self.ask("GET", "/proxies/p/toxics"))
        self.assertEqual((200, shown(toxics=[latency()])), self.ask("GET", "/proxies/p"))
        self.assertEqual((204, ""), self.ask("DELETE", "/proxies/p/toxics/latency_downstream"))
        self.assertEqual((200, []), self.ask("GET", "/proxies/p/toxics"))

    def test_every_type_is_known_with_its_attributes(self):
        for kind in [
            "latency",
            "bandwidth",
            "slow_close",
            "timeout",
            "reset_peer",
            "slicer",
            "limit_data",
            "noop",
        ]:
            with self.subTest(kind):
                status, made = self.add(type=kind, stream="upstream")
                self.assertEqual((200, f"{kind}_upstream"), (status, made["name"]))
        self.assertEqual(8, len(self.ask("GET", "/proxies/p/toxics")[1]))

    def test_those_of_requests_are_listed_first(self):
        self.add(type="latency", name="a")
        self.add(type="latency", name="b", stream="upstream")
        self.add(type="latency", name="c")

        listed = self.ask("GET", "/proxies/p/toxics")[1]

        self.assertEqual(["b", "a", "c"], [toxic["name"] for toxic in listed])

    def test_a_name_is_taken_once_whatever_the_stream(self):
        self.add(type="latency", name="a")

        answer = self.add(type="timeout", name="a", stream="upstream")

        self.assertEqual(refused("toxic already exists", 409), answer)

    def test_an_unknown_type_or_stream_is_an_error(self):
        text = "stream was invalid, can be either upstream or downstream"
        self.assertEqual(refused("invalid toxic type", 400), self.add(type="latencyy"))
        self.assertEqual(refused("invalid toxic type", 400), self.add(name="a"))
        self.assertEqual(refused(text, 400), self.add(type="latency", stream="up"))
        self.assertEqual(refused(text, 400), self.add(type="no", stream=""))

    def test_a_stream_may_be_written_in_capitals(self):
        self.assertEqual("UPSTREAM", self.add(type="latency", stream="UPSTREAM")[1]["stream"])

    def test_names_of_fields_match_whatever_their_case(self):
        body = {"TYPE": "latency", "Attributes": {"LATENCY": 5}, "unknown": 1}

        answer = self.ask("POST", "/proxies/p/toxics", body)

        self.assertEqual((200, latency(attributes={"latency": 5, "jitter": 0})), answer)

    def test_unknown_attributes_are_left_alone(self):
        self.assertEqual((200, latency()), self.add(type="latency", attributes={"delay": 5}))

    def test_null_is_nothing(self):
        self.assertEqual(
            (200, latency()),
            self.add(type="latency", attributes=None, toxicity=None, stream=None, name=None),
        )

    def test_numbers_are_taken_as_they_are(self):
        for place, number in enumerate((-5, 0, 2**62)):
            self.add(type="latency", name=f"l{place}", attributes={"latency": number})
        for place, number in enumerate((0, 0.1, 0.123456789, 5, -1, 1e30)):
            self.add(type="noop", name=f"n{place}", toxicity=number)

    def test_attributes_of_another_type_are_an_error(self):
        for attributes in ("x", 5, [], {"latency": "5"}, {"latency": 1.5}, {"latency": 2**63}):
            with self.subTest(str(attributes)):
                answer = self.add(type="latency", attributes=attributes)
                self.assertEqual(refused("bad request body: ...", 400), answer)
        for field in ({"toxicity": "1"}, {"toxicity": 1e39}, {"name": 5}, {"stream": 5}):
            with self.subTest(str(field)):
                answer = self.add(**{"type": "latency", **field})
                self.assertEqual(refused("bad request body: ...", 400), answer)
        self.assertEqual((200, []), self.ask("GET", "/proxies/p/toxics"))

    def test_an_update_merges_attributes_and_toxicity_and_nothing_else(self):
        self.add(type="latency", attributes={"latency": 5, "jitter": 1})
        path = "/proxies/p/toxics/latency_downstream"

        for method in ("POST", "PATCH"):
            change = {"attributes": {"jitter": 2}, "toxicity": 0.5, "name": "x", "type": "timeout"}
            answer = self.ask(method, path, {**change, "stream": "upstream"})

        changed = latency(attributes={"latency": 5, "jitter": 2}, toxicity=0.5)
        self.assertEqual((200, changed), answer)
        self.assertEqual((200, changed), self.ask("PATCH", path, {}))
        self.assertEqual((200, changed), self.ask("GET", path))

    def test_one_that_is_not_there_is_not_found(self):
        for method in ("GET", "POST", "PATCH", "DELETE"):
            answer = self.ask(method, "/proxies/p/toxics/no", {})
            self.assertEqual(refused("toxic not found", 404), answer)

    def test_reset_removes_all_and_enables_every_proxy(self):
        self.add(type="latency")
        self.ask("PATCH", "/proxies/p", {"enabled": False})

        self.assertEqual((204, ""), self.ask("POST", "/reset"))
        self.assertEqual((200, {"p": shown()}), self.ask("GET", "/proxies"))


class PopulateTest(BothServersTest):
    def populate(self, *proxies):
        return self.ask("POST", "/populate", list(proxies))

    def test_it_makes_many(self):
        answer = self.populate(proxy("a"), proxy("b", enabled=False))

        made = [shown("a"), shown("b", listen="127.0.0.1:0", enabled=False)]
        self.assertEqual((201, {"proxies": made}), answer)

    def test_nothing_is_nothing(self):
        self.assertEqual((201, {"proxies": None}), self.populate())
        self.assertEqual((201, {"proxies": None}), self.ask("POST", "/populate", b"null"))

    def test_one_that_is_the_same_stays_with_its_toxics_and_as_it_is(self):
        self.ask("POST", "/proxies", proxy("a"))
        self.ask("POST", "/proxies/a/toxics", {"type": "latency"})

        def again(server):
            listen = json.loads(server.send("GET", "/proxies/a")[2])["listen"]
            body = [proxy("a", listen=listen, enabled=False)]
            answer = json.loads(server.send("POST", "/populate", body)[2])["proxies"][0]
            return answer["listen"] == listen, answer["enabled"], answer["toxics"]

        self.assertEqual((True, True, [latency()]), self.on_each(again))

    def test_one_that_differs_is_replaced(self):
        self.ask("POST", "/proxies", proxy("a"))
        self.ask("POST", "/proxies/a/toxics", {"type": "latency"})

        answer = self.populate(proxy("a", upstream="127.0.0.1:2"))

        self.assertEqual((201, {"proxies": [shown("a", upstream="127.0.0.1:2")]}), answer)

    def test_all_are_checked_before_any_is_made(self):
        for field in ("name", "upstream"):
            status, found = self.populate(proxy("a"), {**proxy("b"), field: ""})
            self.assertEqual(400, status)
            self.assertEqual(f"missing required field: {field} at proxy 2", found["error"])
            self.assertIsNone(found["proxies"])
        self.assertEqual((200, {}), self.ask("GET", "/proxies"))

    def test_those_before_one_that_fails_are_made(self):
        bad = proxy("b", listen="192.0.2.1:6000")

        status, found = self.populate(proxy("a"), bad, proxy("c"))

        self.assertEqual((500, [shown("a")]), (status, found["proxies"]))
        self.assertIn("cannot assign requested address", found["error"])
        self.assertEqual(["a"], [*self.ask("GET", "/proxies")[1]])

    def test_what_is_no_list_is_an_error(self):
        for body in ({}, "x", 5, [5], [{"name": 5}]):
            with self.subTest(str(body)):
                self.assertEqual(400, self.ask("POST", "/populate", body)[0])


class ManyTest(BothServersTest):
    def setUp(self):
        """Clear nothing: the servers end with this class."""

    def test_ten_thousand_are_made_or_refused_with_one_error(self):
        count = 10_000

        def many(server):
            body = [proxy(f"p{n}", enabled=n < 100) for n in range(count)]
            status, _, text = server.send("POST", "/populate", body)
            listed = json.loads(server.send("GET", "/proxies")[2])
            return status, len(json.loads(text)["proxies"]), len(listed)

        self.assertEqual((201, count, count), self.on_each(many))


class BadInputTest(BothServersTest):
    def test_broken_json_is_one_error(self):
        self.ask("POST", "/proxies", proxy())
        broken = (
            b"",
            b"{",
            b'{"name": "a"',
            b"nonsense",
            b"\xff\xfe",
            b'{"name": NaN}',
            b"[" * 20000,
        )
        for path in ("/proxies", "/proxies/p/toxics"):
            for body in broken:
                with self.subTest(body[:20], path=path):
                    answer = self.ask("POST", path, body)
                    self.assertEqual(refused("bad request body: ...", 400), answer)

    def test_only_the_first_value_of_a_body_counts(self):
        body = json.dumps(proxy()).encode() + b"nonsense"

        self.assertEqual((201, shown()), self.ask("POST", "/proxies", body))

    def test_texts_that_are_no_unicode_become_so(self):
        self.ask("POST", "/proxies", b'{"name": "\\ud800", "upstream": "127.0.0.1:1"}')
        self.ask("POST", "/proxies", b'{"name": "\xff", "upstream": "127.0.0.1:1"}')

    def test_an_unknown_path_is_not_found(self):
        for path in ("/", "/nope", "/proxies/", "/proxies//toxics", "/proxies/p/x", "/metrics"):
            with self.subTest(path):
                self.on_each(lambda server, path=path: server.send("GET", path)[0] in (301, 404))

    def test_another_method_is_refused(self):
        for method, path in (
            ("PUT", "/proxies"),
            ("DELETE", "/proxies"),
            ("GET", "/reset"),
            ("HEAD", "/version"),
            ("PUT", "/proxies/p"),
        ):
            with self.subTest(f"{method} {path}"):
                self.assertEqual((405, ""), self.ask(method, path))

    def test_a_browser_is_refused(self):
        answer = self.ask("GET", "/proxies", headers={"User-Agent": "Mozilla/5.0"})

        self.assertEqual((403, "User agent not allowed\n"), answer)

    def test_what_is_no_http_is_refused_and_the_next_one_is_answered(self):
        def nonsense(server):
            with socket.create_connection(("127.0.0.1", server.port), PATIENCE) as line:
                line.sendall(b"nonsense\r\n\r\n")
                return line.recv(100).split(b"\r\n")[0].split()[1]

        self.assertEqual(b"400", self.on_each(nonsense))
        self.assertEqual(200, self.ask("GET", "/proxies")[0])

    def test_requests_may_come_in_single_bytes_and_all_at_once(self):
        request = b"GET /version HTTP/1.1\r\nHost: x\r\n\r\n"

        def bytewise(server):
            with socket.create_connection(("127.0.0.1", server.port), PATIENCE) as line:
                line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for number in request:
                    line.sendall(bytes([number]))
                line.sendall(request + request)
                found = b""
                while found.count(b'{"version"') < 3:
                    found += line.recv(1000)
                return found.count(b"HTTP/1.1 200")

        self.assertEqual(3, self.on_each(bytewise))


class OursAloneTest(unittest.TestCase):
    """What the real server leaves to chance, or to its memory."""

    @classmethod
    def setUpClass(cls):
        cls.server = ours()
        cls.addClassCleanup(cls.server.close)

    def test_the_version_is_the_one_whose_api_it_is(self):
        status, kind, text = self.server.send("GET", "/version")

        self.assertEqual((200, "application/json;charset=utf-8"), (status, kind))
        self.assertEqual({"version": "2.12.0", "program": "harness"}, json.loads(text))

    def test_a_body_of_a_gigabyte_is_refused_and_not_kept(self):
        block = b"[" * (1 << 20)
        with self.line() as line:
            line.putrequest("POST", "/populate")
            line.putheader("Content-Length", str(len(block) << 10))
            line.endheaders()
            for _ in range(1 << 10):
                line.send(block)
            answer = line.getresponse()
            found = json.loads(answer.read())

        self.assertEqual(413, answer.status)
        self.assertEqual("the request body is larger than 16 MiB", found["error"])
        self.assertLess(self.memory(), 100 << 20)

    def test_whoever_asks_before_sending_so_much_is_told_at_once(self):
        with socket.create_connection(("127.0.0.1", self.server.port), PATIENCE) as line:
            line.sendall(
                b"POST /populate HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
                b"Content-Length: 1073741824\r\n\r\n"
            )
            self.assertIn(b"413", line.recv(1000).split(b"\r\n")[0])

    def test_whoever_asks_before_sending_a_body_is_told_to(self):
        with socket.create_connection(("127.0.0.1", self.server.port), PATIENCE) as line:
            line.sendall(
                b"POST /populate HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
                b"Content-Length: 2\r\n\r\n"
            )
            self.assertIn(b"100", line.recv(1000).split(b"\r\n")[0])
            line.sendall(b"[]")
            self.assertIn(b"201", line.recv(1000).split(b"\r\n")[0])

    def test_half_a_request_that_ends_is_one_error(self):
        with socket.create_connection(("127.0.0.1", self.server.port), PATIENCE) as line:
            line.sendall(b"POST /proxies HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{")
            line.shutdown(socket.SHUT_WR)
            answer = line.makefile("rb").read()

        self.assertIn(b"HTTP/1.1 400", answer)
        self.assertIn(b"bad request: ", answer)

    def test_a_slash_in_a_name_is_a_part_of_it(self):
        self.addCleanup(self.server.clear)
        self.server.made(NOWHERE, name="a/b")

        self.assertEqual(200, self.server.send("GET", "/proxies/a%2Fb")[0])

    def line(self):
        line = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        return contextlib.closing(line)

    def memory(self):
        """Return the bytes that the server has in memory."""
        with open(f"/proc/{self.server.process.pid}/status", encoding="ascii") as status:
            return next(int(line.split()[1]) for line in status if "VmRSS" in line) << 10


class ManyPortsTest(unittest.TestCase):
    def test_more_proxies_than_sockets_are_one_error_and_it_goes_on(self):
        server = Server("ours", [*FEW_FILES, *OURS])
        self.addCleanup(server.close)
        upstream = Upstream(echo)
        self.addCleanup(upstream.close)

        body = [proxy(f"p{n}", upstream=upstream.address) for n in range(200)]
        status, _, text = server.send("POST", "/populate", body)

        found = json.loads(text)
        self.assertEqual(500, status)
        self.assertIn("too many open files", found["error"])
        self.assertGreater(len(found["proxies"]), 50)
        for one in found["proxies"]:
            server.send("DELETE", f"/proxies/{one['name']}")
        with socket.create_connection(server.made(upstream.address), PATIENCE) as line:
            line.sendall(b"hello")
            self.assertEqual(b"hello", line.recv(10))


FEW_FILES = ("sh", "-c", 'ulimit -n 100; exec "$@"', "sh")
