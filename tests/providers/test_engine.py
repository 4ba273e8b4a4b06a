"""Talking to a Docker daemon without its client: what it says, refuses, and leaves unsaid."""

import unittest
from unittest import mock

from harness.providers.engine import Engine, EngineError, explanation, frames, unframed
from tests.support.daemon import FakeDaemon, frame, log_of
from tests.support.unit import DirectoryTest, listening


class EngineTest(DirectoryTest):
    def setUp(self):
        super().setUp()
        self.environment()
        self.daemon = FakeDaemon(self, self.directory / "d.sock")
        self.engine = Engine(self.daemon.host)

    def refused(self, method, *arguments, **query):
        with self.assertRaises(EngineError) as caught:
            getattr(self.engine, method)(*arguments, **query)
        return caught.exception


class AskTest(EngineTest):
    def test_what_it_says_is_read(self):
        self.daemon.answers("GET", "/info", {"Name": "here"})

        self.assertEqual({"Name": "here"}, self.engine.get("/info"))

    def test_an_answer_in_chunks_is_one(self):
        self.daemon.answers("GET", "/info", {"Name": "x" * 1000}, chunked=True)

        self.assertEqual({"Name": "x" * 1000}, self.engine.get("/info"))

    def test_a_query_and_a_path_are_quoted(self):
        self.daemon.answers("GET", "/images/a%20b%3Fc/json", {})

        self.engine.get("/images/a b?c/json", filters='{"a": ["b&c"]}', all=1)

        [request] = self.daemon.requests
        self.assertEqual({"filters": '{"a": ["b&c"]}', "all": "1"}, request.query)

    def test_a_body_is_json(self):
        self.daemon.answers("POST", "/networks/create", {"Id": "1"})

        self.assertEqual({"Id": "1"}, self.engine.post("/networks/create", {"Name": "n"}))

        self.assertEqual({"Name": "n"}, self.daemon.requests[0].body)

    def test_an_empty_answer_is_nothing(self):
        self.daemon.answers("POST", "/containers/c/pause", b"")

        self.assertIsNone(self.engine.post("/containers/c/pause"))
        self.assertIsNone(self.daemon.requests[0].body)

    def test_many_can_ask_one_after_another(self):
        self.daemon.answers("GET", "/info", {"n": 1}, {"n": 2})

        self.assertEqual([1, 2, 2], [self.engine.get("/info")["n"] for _ in range(3)])


class RefusalTest(EngineTest):
    def test_a_refusal_is_an_error_with_its_status_and_reason(self):
        self.daemon.answers("POST", "/containers/c/start", (500, "the disk is broken"))

        error = self.refused("post", "/containers/c/start")

        self.assertEqual("the Docker daemon answers 500: the disk is broken", str(error))
        self.assertEqual((500, "the disk is broken"), (error.status, error.explanation))
        self.assertIsInstance(error, OSError)

    def test_what_is_not_there_is_an_error_unless_it_is_to_be_removed(self):
        self.assertEqual(404, self.refused("get", "/containers/c/json").status)

        self.engine.delete("/containers/c")

        self.assertEqual(["DELETE /containers/c"], self.daemon.asked("DELETE"))

    def test_a_removal_that_is_refused_is_an_error(self):
        for status in (409, 500):
            with self.subTest(status):
                self.daemon.answers("DELETE", "/containers/c", (status, "no"))
                self.assertEqual(status, self.refused("delete", "/containers/c").status)

    def test_it_is_told_whether_there_is_something(self):
        self.daemon.answers("GET", "/networks/n", {}, (404, "gone"), (500, "broken"))

        self.assertTrue(self.engine.has("/networks/n"))
        self.assertFalse(self.engine.has("/networks/n"))
        self.assertEqual(500, self.refused("has", "/networks/n").status)

    def test_a_reason_that_is_no_json_is_shown_as_it_is(self):
        for answer, text in (
            (b'{"message": "no room"}', "no room"),
            (b"<h1>Bad Gateway</h1>\n", "<h1>Bad Gateway</h1>"),
            (b'{"error": 1}', '{"error": 1}'),
            (b"[1]", "[1]"),
            (b"", ""),
            (b"\xff", "\N{REPLACEMENT CHARACTER}"),
        ):
            with self.subTest(answer):
                self.assertEqual(text, explanation(answer))


class SilenceTest(EngineTest):
    def silent(self, engine=None):
        with self.assertRaises(ConnectionError) as caught:
            (engine or self.engine).get("/info")
        return str(caught.exception)

    def test_one_that_hangs_is_given_its_time_and_no_longer(self):
        self.daemon.hangs("GET", "/info")

        self.assertEqual(
            f"the Docker daemon at {self.daemon.host} does not answer: TimeoutError: timed out",
            self.silent(Engine(self.daemon.host, 0.05)),
        )

    def test_one_that_breaks_off_is_no_answer(self):
        self.daemon.answers("GET", "/info", {"a": 1}, cut=True)

        self.assertIn("does not answer: IncompleteRead", self.silent())

    def test_one_that_is_not_there_is_no_answer(self):
        host = f"unix://{self.directory}/none"

        self.assertTrue(
            self.silent(Engine(host)).startswith(
                f"the Docker daemon at {host} does not answer: FileNotFoundError"
            )
        )

    def test_one_that_speaks_something_else_is_no_answer(self):
        with listening(self.directory / "other.sock", b"220 mail.example.com ESMTP\r\n") as host:
            self.assertIn("does not answer: BadStatusLine: 220 mail", self.silent(Engine(host)))


class ClientTest(EngineTest):
    """Where plain HTTP will not do, docker-py speaks for us."""

    def asked_through_client(self, host, **options):
        answer = mock.Mock(status_code=200, content=b'{"a": 1}')
        with mock.patch("docker.APIClient") as client:
            client.return_value.base_url = "http+docker://ssh"
            client.return_value.request.return_value = answer
            self.assertEqual({"a": 1}, Engine(host, 7).post("/x", {"b": 2}, c=3))
        client.assert_called_once_with(base_url=host, timeout=7, **options)
        client.return_value.close.assert_called_once_with()
        return client.return_value.request.call_args

    def test_over_ssh_it_is_asked_by_its_own_client(self):
        call = self.asked_through_client("ssh://host")

        self.assertEqual(("POST", "http+docker://ssh/x?c=3"), call.args)
        self.assertEqual('{"b": 2}', call.kwargs["data"])

    def test_with_certificates_it_is_asked_by_its_own_client(self):
        self.environment(DOCKER_TLS_VERIFY="1")

        with mock.patch("docker.utils.kwargs_from_env", return_value={"tls": "certificates"}):
            self.asked_through_client("tcp://127.0.0.1:2376", tls="certificates")

    def test_certificates_are_nothing_to_a_socket(self):
        self.environment(DOCKER_TLS_VERIFY="1")
        self.daemon.answers("GET", "/info", {})

        self.assertEqual({}, self.engine.get("/info"))


class LogTest(unittest.TestCase):
    def test_the_pieces_of_a_log_are_one_text(self):
        self.assertEqual("out\nerr\n", unframed(log_of((1, "out\n"), (2, "err\n"))))

    def test_each_piece_tells_its_stream(self):
        pieces = list(frames(log_of((1, "out"), (2, "err"), (1, ""))))

        self.assertEqual([(1, b"out"), (2, b"err"), (1, b"")], pieces)

    def test_a_letter_may_be_in_two_pieces(self):
        halves = "ü".encode()
        log = b"".join(frame(1, "x")[:7] + b"\x01" + half.to_bytes(1, "big") for half in halves)

        self.assertEqual("ü", unframed(log))

    def test_a_terminals_log_has_no_pieces(self):
        self.assertEqual("just text", unframed(b"just text"))
        self.assertEqual("", unframed(b""))

    def test_a_log_that_breaks_off_is_shown_as_far_as_it_goes(self):
        log = log_of((1, "first\n"), (1, "second\n"))

        self.assertEqual("first\nsec", unframed(log[:-4]))
        self.assertEqual("first\n", unframed(log[: len(frame(1, "first\n")) + 3]))
