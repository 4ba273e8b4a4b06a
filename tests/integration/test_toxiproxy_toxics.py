"""What each toxic does to real connections, on our fault proxy and on the real one.

Times are compared with bounds: never too early, and not too late for a very busy machine.
"""

import contextlib
import json
import operator
import random
import socket
import threading
import time

from tests.integration.toxiproxies import LONG, BothServersTest, Upstream, connect, echo, read

HARMLESS = (
    ("latency", {"latency": 10, "jitter": 9}),
    ("bandwidth", {"rate": 20_000}),
    ("slicer", {"average_size": 5000, "size_variation": 4000, "delay": 10}),
    ("slow_close", {"delay": 5}),
)
LATE = 4.0  # seconds: what a busy machine may add


def greet(connection):
    """Say something, and close."""
    connection.sendall(b"hello")


def pour(connection):
    """Send a lot, and close."""
    connection.sendall(b"x" * 300_000)


class ToxicsTest(BothServersTest):
    def upstream(self, serve=echo):
        made = Upstream(serve)
        self.addCleanup(made.close)
        return made.address

    def through(self, server, serve=echo, **fields):
        """Return where a new proxy of a server listens, before what `serve` does."""
        return server.made(self.upstream(serve), **fields)

    def opened(self, place, timeout=5.0):
        return self.enterContext(contextlib.closing(connect(place, timeout)))

    def assertTook(self, seconds, began):
        took = time.monotonic() - began
        self.assertGreater(took, seconds - 0.002)
        self.assertLess(took, seconds + LATE)

    def answered(self, line, text=b"hello"):
        """Send something and return what comes back, and how it ended."""
        line.sendall(text)
        return read(line, len(text))


class WithoutToxicsTest(ToxicsTest):
    def test_all_comes_through(self):
        text = bytes(range(256)) * 4096

        def big(server):
            line = self.opened(self.through(server))
            return self.answered(line, text) == (text, "more")

        self.assertTrue(self.on_each(big))

    def test_an_end_comes_through(self):
        def to_the_end(server):
            return read(self.opened(self.through(server, greet)))

        self.assertEqual((b"hello", "end"), self.on_each(to_the_end))

    def test_a_dead_upstream_is_a_connection_that_ends(self):
        def dead(server):
            return read(self.opened(server.made("127.0.0.1:1")))

        self.assertEqual(b"", self.on_each(dead)[0])

    def test_an_upstream_that_is_no_address_is_the_same(self):
        def dead(server):
            return read(self.opened(server.made("nonsense")))

        self.assertEqual(b"", self.on_each(dead)[0])

    def test_a_disabled_proxy_ends_its_connections_and_lets_nobody_in(self):
        def down(server):
            place = self.through(server)
            line = self.opened(place)
            self.answered(line)
            server.send("PATCH", "/proxies/p", {"enabled": False})
            with self.assertRaises(ConnectionRefusedError):
                connect(place)
            ended = read(line)
            server.send("PATCH", "/proxies/p", {"enabled": True})
            return ended, self.answered(self.opened(place))

        self.assertEqual(((b"", "end"), (b"hello", "more")), self.on_each(down))

    def test_a_proxy_that_is_removed_ends_its_connections(self):
        def removed(server):
            place = self.through(server)
            line = self.opened(place)
            self.answered(line)
            server.send("DELETE", "/proxies/p")
            return read(line)

        self.assertEqual((b"", "end"), self.on_each(removed))


class LatencyTest(ToxicsTest):
    def test_answers_come_later(self):
        def late(server):
            line = self.opened(self.through(server))
            self.answered(line)
            server.add("latency", latency=80)
            began = time.monotonic()
            found = self.answered(line)
            self.assertTook(0.08, began)
            return found

        self.assertEqual((b"hello", "more"), self.on_each(late))

    def test_requests_and_answers_add_up(self):
        def twice(server):
            line = self.opened(self.through(server))
            server.add("latency", latency=40)
            server.add("latency", "upstream", latency=40)
            began = time.monotonic()
            self.answered(line)
            self.assertTook(0.08, began)

        self.on_each(twice)

    def test_jitter_keeps_to_its_bounds(self):
        def shaken(server):
            line = self.opened(self.through(server))
            server.add("latency", latency=20, jitter=10)
            for _ in range(10):
                began = time.monotonic()
                self.answered(line)
                took = time.monotonic() - began
                self.assertGreater(took, 0.0085)
                self.assertLess(took, 0.03 + LATE)

        self.on_each(shaken)

    def test_the_end_follows_the_bytes(self):
        def end(server):
            place = self.through(server, greet)
            server.add("latency", latency=80)
            began = time.monotonic()
            found = read(self.opened(place))
            self.assertTook(0.08, began)
            return found

        self.assertEqual((b"hello", "end"), self.on_each(end))

    def test_a_change_lets_go_of_what_waits(self):
        def changed(server, change):
            line = self.opened(self.through(server))
            server.add("latency", latency=30_000)
            line.sendall(b"hello")
            time.sleep(0.05)
            change(server)
            found = read(line, 5)
            server.send("DELETE", "/proxies/p")
            return found

        def remove(server):
            server.send("DELETE", "/proxies/p/toxics/latency_downstream")

        def update(server):
            path = "/proxies/p/toxics/latency_downstream"
            server.send("PATCH", path, {"attributes": {"latency": 0}})

        for change in (remove, update, lambda server: server.send("POST", "/reset")):
            found = self.on_each(lambda server, change=change: changed(server, change))
            self.assertEqual((b"hello", "more"), found)


class BandwidthTest(ToxicsTest):
    def test_bytes_come_at_their_rate(self):
        def slow(server):
            place = self.through(server, pour)
            server.add("bandwidth", rate=1000)
            began = time.monotonic()
            found, how = read(self.opened(place))
            self.assertTook(0.3, began)
            return len(found), how

        self.assertEqual((300_000, "end"), self.on_each(slow))

    def test_a_rate_of_zero_lets_nothing_through_until_it_is_removed(self):
        def stalled(server):
            line = self.opened(self.through(server), timeout=0.15)
            server.add("bandwidth", rate=0)
            silent = self.answered(line)
            server.send("DELETE", "/proxies/p/toxics/bandwidth_downstream")
            line.settimeout(5)
            return silent, read(line, 5)

        self.assertEqual(((b"", "silence"), (b"hello", "more")), self.on_each(stalled))


class EndsTest(ToxicsTest):
    def test_slow_close_delays_the_end(self):
        def slow(server):
            place = self.through(server, greet)
            server.add("slow_close", delay=300)
            line = self.opened(place)
            began = time.monotonic()
            found = read(line)
            self.assertTook(0.3, began)
            return found

        self.assertEqual((b"hello", "end"), self.on_each(slow))

    def test_slow_close_delays_nothing_but_the_end(self):
        def slow(server):
            place = self.through(server, greet)
            server.add("slow_close", delay=LONG)
            line = self.opened(place)
            found = read(line, 5)
            line.settimeout(0.05)
            return found, read(line)

        self.assertEqual(((b"hello", "more"), (b"", "silence")), self.on_each(slow))

    def test_timeout_drops_all_and_ends_the_connection(self):
        def timeout(server):
            place = self.through(server)
            server.add("timeout", timeout=100)
            line = self.opened(place)
            began = time.monotonic()
            found = self.answered(line)
            self.assertTook(0.1, began)
            return found

        self.assertEqual((b"", "end"), self.on_each(timeout))

    def test_timeout_begins_anew_with_each_byte(self):
        def timeout(server):
            place = self.through(server)
            server.add("timeout", timeout=150)
            in_time = False
            while not in_time:  # on a busy machine it may be over before there is a byte
                opened = time.monotonic()
                line = self.opened(place)
                time.sleep(0.1)
                sent = time.monotonic()
                found = self.answered(line)
                in_time = sent - opened < 0.13
            self.assertTook(0.15, sent)
            return found

        self.assertEqual((b"", "end"), self.on_each(timeout))

    def test_timeout_of_zero_is_silence_until_it_is_removed(self):
        def silent(server):
            place = self.through(server)
            server.add("timeout", timeout=0)
            line = self.opened(place, timeout=0.15)
            found = self.answered(line)
            server.send("DELETE", "/proxies/p/toxics/timeout_downstream")
            line.settimeout(5)
            return found, read(line)

        self.assertEqual(((b"", "silence"), (b"", "end")), self.on_each(silent))

    def test_reset_peer_resets(self):
        def reset(server, stream):
            place = self.through(server)
            server.add("reset_peer", stream, timeout=60)
            line = self.opened(place)
            began = time.monotonic()
            found = self.answered(line)
            self.assertTook(0.06, began)
            server.send("DELETE", "/proxies/p")
            return found

        for stream in ("downstream", "upstream"):
            with self.subTest(stream):
                found = self.on_each(lambda server, stream=stream: reset(server, stream))
                self.assertEqual((b"", "reset"), found)

    def test_reset_peer_closes_what_was_open_before(self):
        def reset(server):
            line = self.opened(self.through(server))
            self.answered(line)
            server.add("reset_peer", timeout=0)
            return self.answered(line)

        self.assertEqual((b"", "end"), self.on_each(reset))

    def test_limit_data_lets_that_much_through_and_ends_the_connection(self):
        def limited(server):
            place = self.through(server)
            server.add("limit_data", bytes=7)
            line = self.opened(place)
            return self.answered(line), self.answered(line)

        self.assertEqual(((b"hello", "more"), (b"he", "end")), self.on_each(limited))

    def test_limit_data_counts_for_each_connection(self):
        def limited(server):
            place = self.through(server)
            server.add("limit_data", bytes=3)
            return [self.answered(self.opened(place)) for _ in range(2)]

        self.assertEqual([(b"hel", "end")] * 2, self.on_each(limited))

    def test_what_it_counted_is_kept_when_it_is_altered(self):
        def altered(server):
            line = self.opened(self.through(server))
            server.add("limit_data", bytes=7)
            self.answered(line)
            path = "/proxies/p/toxics/limit_data_downstream"
            server.send("PATCH", path, {"attributes": {"bytes": 9}})
            return self.answered(line)

        self.assertEqual((b"hell", "end"), self.on_each(altered))


class SlicerTest(ToxicsTest):
    def test_bytes_come_in_slices_with_pauses(self):
        def sliced(server):
            place = self.through(server)
            server.add("slicer", average_size=10, delay=10_000)
            line = self.opened(place)
            line.sendall(b"x" * 100)
            sizes = []
            began = time.monotonic()
            while sum(sizes) < 100:
                sizes.append(len(line.recv(1000)))
            self.assertGreater(time.monotonic() - began, 0.05)  # a lower bound only
            return len(sizes) > 3, sum(sizes)

        self.assertEqual((True, 100), self.on_each(sliced))


class TogetherTest(ToxicsTest):
    def test_toxics_act_one_after_another(self):
        def both(server):
            place = self.through(server)
            server.add("latency", latency=60)
            server.add("limit_data", bytes=3)
            line = self.opened(place)
            began = time.monotonic()
            found = self.answered(line)
            self.assertTook(0.06, began)
            return found

        self.assertEqual((b"hel", "end"), self.on_each(both))

    def test_a_toxicity_of_zero_is_no_toxic(self):
        def none(server):
            place = self.through(server)
            for kind in ("timeout", "limit_data"):
                server.add(kind, toxicity=0)
            return self.answered(self.opened(place))

        self.assertEqual((b"hello", "more"), self.on_each(none))

    def test_a_share_of_the_connections_is_hit(self):
        def some(server):
            place = self.through(server)
            server.add("limit_data", bytes=0, toxicity=0.5)
            ends = [self.answered(self.opened(place))[1] for _ in range(60)]
            self.assertTrue(5 < ends.count("end") < 55, ends)

        self.on_each(some)

    def test_a_client_that_goes_away_ends_the_connection_upstream(self):
        def gone(server):
            ended = []

            def wait(connection):
                ended.append(read(connection))

            made = Upstream(wait)
            self.addCleanup(made.close)
            connect(server.made(made.address)).close()
            until = time.monotonic() + 5
            while not ended and time.monotonic() < until:
                time.sleep(0.005)
            return ended

        self.assertEqual([(b"", "end")], self.on_each(gone))


class OursAloneTest(ToxicsTest):
    """A proxy without toxics changes nothing: here the real one does."""

    @property
    def server(self):
        return self.servers[0]

    def test_an_answer_after_a_half_close_comes_through(self):
        def answer_at_end(connection):
            text, _ = read(connection)
            connection.sendall(text.upper())

        line = self.opened(self.through(self.server, answer_at_end))
        line.sendall(b"hello")
        line.shutdown(socket.SHUT_WR)

        self.assertEqual((b"HELLO", "end"), read(line))

    def test_a_reset_stays_a_reset(self):
        def reset(connection):
            connection.recv(10)
            linger = (1).to_bytes(4, "little") + bytes(4)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)

        self.assertEqual(
            (b"", "reset"), self.answered(self.opened(self.through(self.server, reset)))
        )

    def test_a_small_piece_does_not_wait_until_the_one_before_was_acknowledged(self):
        def trickle(connection):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while connection.recv(1):
                for _ in range(10):
                    connection.sendall(b"x")
                    time.sleep(0.003)

        line = self.opened(self.through(self.server, trickle))
        pieces = [self.pieces(line) for _ in range(10)]

        self.assertGreater(max(pieces[5:]), 3)  # when the kernel delays what it acknowledges

    def pieces(self, line):
        """Ask for ten bytes; return in how many pieces they come."""
        line.sendall(b"?")
        received = []
        while sum(received) < 10:
            received.append(len(line.recv(10)))
        return len(received)

    def test_a_slow_reader_holds_up_the_sender(self):
        sent = []

        def flood(connection):
            connection.settimeout(0.3)
            with contextlib.suppress(TimeoutError):
                while True:
                    sent.append(connection.send(b"x" * 65536))

        place = self.through(self.server, flood)
        line = self.opened(place)
        time.sleep(0.6)

        self.assertLess(sum(sent), 20 << 20)
        self.assertEqual(sum(sent), len(read(line)[0]))

    def test_no_byte_is_lost_or_moved_while_toxics_come_and_go(self):
        place = self.through(self.server)
        rng = random.Random(7)
        texts = [rng.randbytes(size) for size in (1, 5000, 200_000, 1_000_000)]
        found = {}

        def send(text):
            line = self.opened(place, 20)
            sender = threading.Thread(target=line.sendall, args=(text,))
            sender.start()
            found[len(text)] = read(line, len(text))[0] == text
            sender.join()

        threads = [threading.Thread(target=send, args=(text,)) for text in texts]
        for thread in threads:
            thread.start()
        for number in range(40):
            kind, attributes = rng.choice(HARMLESS)
            self.server.add(kind, rng.choice(["upstream", "downstream"]), **attributes)
            time.sleep(0.01)
            if number % 2:
                self.server.send("POST", "/reset")
            else:
                name = json.loads(self.server.send("GET", "/proxies/p/toxics")[2])[0]["name"]
                self.server.send("DELETE", f"/proxies/p/toxics/{name}")
        for thread in threads:
            thread.join()

        self.assertEqual({len(text): True for text in texts}, found)

    def cuts(self, line):
        """Send 100 bytes in slices of 5 and more, and return where they were seen to be cut."""
        line.sendall(b"x" * 100)
        found = [0]
        while found[-1] < 100:
            found.append(found[-1] + len(line.recv(1000)))
        return {*found[1:-1]}

    def assertCutAlike(self, one, other):
        """Assert that slices of 5 bytes and more can have been cut at all of these places.

        Who reads late sees two slices as one, and so fewer cuts; different cuts would lie closer.
        """
        places = sorted({0, *one, *other})
        self.assertGreater(min(map(operator.sub, places[1:], places)), 4, (one, other))
        self.assertGreater(len(one & other), 2, (one, other))

    def test_slices_are_cut_in_the_same_places_again(self):
        def cuts(seed):
            place = self.through(self.server, seed=seed)
            self.server.add("slicer", average_size=10, size_variation=5, delay=3000)
            found = self.cuts(self.opened(place))
            self.server.send("DELETE", "/proxies/p")
            return found

        first = cuts(42)
        self.assertCutAlike(first, cuts(42))
        with self.assertRaises(AssertionError):
            self.assertCutAlike(first, cuts(43))

    def test_a_new_seed_counts_the_bytes_of_open_connections_anew(self):
        def cuts(before):
            place = self.through(self.server, seed=1)
            line = self.opened(place)
            line.sendall(b"x" * before)
            self.assertEqual(before, len(read(line, before)[0]))
            self.server.send("PATCH", "/proxies/p", {"seed": 42})
            self.server.add("slicer", average_size=10, size_variation=5, delay=3000)
            found = self.cuts(line)
            self.server.send("DELETE", "/proxies/p")
            return found

        self.assertCutAlike(cuts(1), cuts(77))

    def test_the_same_connections_are_hit_again(self):
        def hit(seed):
            place = self.through(self.server, seed=seed)
            self.server.add("limit_data", bytes=0, toxicity=0.5)
            ends = [self.answered(self.opened(place))[1] for _ in range(20)]
            self.server.send("DELETE", "/proxies/p")
            return ends

        first = hit(5)
        self.assertEqual(first, hit(5))
        self.assertNotEqual(first, hit(6))

    def test_a_new_seed_counts_connections_anew(self):
        place = self.through(self.server, seed=5)
        self.server.add("limit_data", bytes=0, toxicity=0.5)
        first = [self.answered(self.opened(place))[1] for _ in range(20)]

        self.server.send("PATCH", "/proxies/p", {"seed": 5})

        self.assertEqual(first, [self.answered(self.opened(place))[1] for _ in range(20)])
