"""A Docker daemon that answers what a test says, over HTTP on a Unix socket."""

from __future__ import annotations

import json
import socketserver
import threading
import unittest
from collections.abc import Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

NOT_FOUND = 404


@dataclass(frozen=True)
class Request:
    """What the daemon was asked."""

    method: str
    path: str
    query: dict[str, str]
    body: Any

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True)
class Answer:
    """What the daemon says."""

    status: int
    content: bytes = b""
    chunked: bool = False
    cut: bool = False
    hangs: bool = False


class FakeDaemon:
    """A daemon that has what a test gave it, and nothing else.

    Args:
        test: The test at whose end it is stopped.
        path: Of its socket.
    """

    def __init__(self, test: unittest.TestCase, path: Path) -> None:
        self.host = f"unix://{path}"
        self.requests: list[Request] = []
        self._answers: dict[tuple[str, str], list[Answer]] = {}
        self._over = threading.Event()
        self._server = Server(str(path), self)
        thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        thread.start()
        test.addCleanup(thread.join)
        test.addCleanup(self._stop)

    def _stop(self) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()

    def answers(self, method: str, path: str, *answers: object, **options: Any) -> None:
        """Say how it answers: one after another, the last one for ever.

        Args:
            method: HTTP method.
            path: Path without its query.
            answers: Each a value, to be said as JSON, or bytes, or a status with a message.
            options: For all of these answers: those of `Answer`.
        """
        self._answers[method, path] = [answer_of(answer, **options) for answer in answers]

    def hangs(self, method: str, path: str) -> None:
        """Never answer to this."""
        self._answers[method, path] = [Answer(200, hangs=True)]

    def asked(self, method: str = "") -> list[str]:
        """Return what it was asked, as `GET /path`; of one method, or of all."""
        return [str(request) for request in self.requests if request.method.startswith(method)]

    def respond(self, request: Request) -> Answer:
        """Note a request and return what is said to it."""
        self.requests.append(request)
        answers = self._answers.get((request.method, request.path))
        if not answers:
            return answer_of((NOT_FOUND, f"no such thing: {request.path}"))
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if answer.hangs:
            self._over.wait()
        return answer


def answer_of(answer: object, **options: Any) -> Answer:
    """Return an answer from the few words of a test."""
    if isinstance(answer, tuple):
        status, message = answer
        return Answer(status, json.dumps({"message": message}).encode(), **options)
    if isinstance(answer, bytes):
        return Answer(200, answer, **options)
    return Answer(200, json.dumps(answer).encode(), **options)


class Server(socketserver.ThreadingUnixStreamServer):
    """The daemon's socket."""

    def __init__(self, path: str, fake: FakeDaemon) -> None:
        self.fake = fake
        super().__init__(path, Handler)


class Handler(BaseHTTPRequestHandler):
    """One connection to the daemon."""

    server: Server
    protocol_version = "HTTP/1.1"

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        query = dict(parse_qsl(parts.query))
        given = json.loads(body) if body else None
        answer = self.server.fake.respond(Request(self.command, parts.path, query, given))
        self.close_connection = True
        try:
            self._say(answer)
        except OSError:
            pass  # whoever asked has given up

    do_GET = do_POST = do_DELETE = _serve  # noqa: N815 - as `http.server` names them

    def _say(self, answer: Answer) -> None:
        self.send_response(answer.status)
        if answer.chunked:
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(chunked(answer.content))
            return
        self.send_header("Content-Length", str(len(answer.content) + answer.cut))
        self.end_headers()
        self.wfile.write(answer.content)

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


def chunked(content: bytes, size: int = 3) -> bytes:
    """Return a body in pieces of a few bytes."""
    pieces = [content[at : at + size] for at in range(0, len(content), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in [*pieces, b""])


def frame(stream: int, text: str) -> bytes:
    """Return a piece of a container's log, as the daemon sends it."""
    return bytes([stream, 0, 0, 0]) + len(text.encode()).to_bytes(4, "big") + text.encode()


def log_of(*pieces: Sequence[Any]) -> bytes:
    """Return a container's log of pieces (stream, text)."""
    return b"".join(frame(*piece) for piece in pieces)
