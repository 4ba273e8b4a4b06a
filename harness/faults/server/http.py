"""HTTP/1.1 on the event loop, by h11: one request after another on each connection."""

from __future__ import annotations

import asyncio
import time
import traceback
from collections.abc import Awaitable, Callable

import h11

from harness.faults.server.errors import ApiError
from harness.faults.server.routes import TEXT, Answer, Request, refusal

MOST = 1 << 24  # bytes of a body: room for a hundred thousand proxies
DATE = "%a, %d %b %Y %H:%M:%S GMT"
PATIENCE = 15.0  # seconds that a request may take to arrive


class Http(asyncio.Protocol):
    """One connection of a client of the API.

    Args:
        answer: Answers a request.
        patience: Seconds that a request may take to arrive.
    """

    def __init__(
        self, answer: Callable[[Request], Awaitable[Answer]], patience: float = PATIENCE
    ) -> None:
        self._answer = answer
        self._patience = patience
        self._h11 = h11.Connection(h11.SERVER)
        self._transport: asyncio.Transport
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        self._refused = False  # what still comes is a body that nobody wants
        self._begin()

    def _begin(self) -> None:
        """Wait for a request."""
        self._head: h11.Request | None = None
        self._body = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, error: Exception | None) -> None:
        """Wait no more."""
        self._rest()

    def data_received(self, data: bytes) -> None:
        """Take a part of a request; forget what comes after a refusal."""
        if self._refused:
            return
        if self._timer is None and self._task is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._patience, self._too_late)
        self._h11.receive_data(data)
        self._advance()

    def eof_received(self) -> bool:
        """Take the end of all requests."""
        if self._refused:
            return False
        self._h11.receive_data(b"")
        self._advance()
        return self._task is not None  # it closes when it has answered

    def _advance(self) -> None:
        """Take what there is of a request, and answer it when it is whole."""
        while self._task is None and not self._refused and not self._transport.is_closing():
            try:
                event = self._h11.next_event()
            except h11.RemoteProtocolError as error:
                hint = error.error_status_hint
                self._give_up(ApiError(f"bad request: {error}", hint))
                return
            if event in (h11.NEED_DATA, h11.PAUSED):
                self._go_on()
                return
            if isinstance(event, h11.ConnectionClosed):
                self._transport.close()
                return
            self._take(event)

    def _take(self, event: object) -> None:
        if isinstance(event, h11.Request):
            self._head = event
            if int(self._header("content-length") or 0) > MOST:
                self._refuse()
        elif isinstance(event, h11.Data):
            self._body += event.data
            if len(self._body) > MOST:
                self._refuse()
        elif isinstance(event, h11.EndOfMessage):
            self._rest()
            self._task = asyncio.get_running_loop().create_task(self._respond())

    def _go_on(self) -> None:
        """Tell a client to send the body, if it waits for that."""
        if self._h11.they_are_waiting_for_100_continue:
            go = h11.InformationalResponse(status_code=100, headers=[])
            self._transport.write(self._h11.send(go) or b"")

    def _header(self, name: str) -> str:
        assert self._head is not None
        wanted = name.encode()
        return next((v.decode("latin-1") for n, v in self._head.headers if n == wanted), "")

    async def _respond(self) -> None:
        answer = await self._answered()
        self._task = None
        if not self._transport.is_closing():
            self._send(answer)
            self._next()

    async def _answered(self) -> Answer:
        assert self._head is not None
        method, target = self._head.method.decode(), self._head.target.decode("latin-1")
        request = Request(method, target, self._header("user-agent"), bytes(self._body))
        try:
            return await self._answer(request)
        except Exception as error:
            traceback.print_exc()
            return refusal(ApiError(f"{type(error).__name__}: {error}", 500))

    def _send(self, answer: Answer) -> None:
        head = h11.Response(status_code=answer.status, headers=headers(answer))
        parts = [self._h11.send(head), self._h11.send(h11.Data(data=answer.body))]
        parts.append(self._h11.send(h11.EndOfMessage()))
        self._transport.write(b"".join(part or b"" for part in parts))  # at once: in one packet

    def _next(self) -> None:
        if self._h11.our_state is h11.DONE and self._h11.their_state is h11.DONE:
            self._h11.start_next_cycle()
            self._begin()
            self._advance()
        else:
            self._transport.close()

    def _give_up(self, error: ApiError) -> None:
        """Answer what is no request, or no whole one, and hang up."""
        self._rest()
        if self._h11.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            self._send(refusal(error))
        self._transport.close()

    def _refuse(self) -> None:
        """Answer a body that is too large while it comes, and go on reading.

        A client that sends before it listens would never see the answer otherwise.
        """
        self._refused = True
        text = f"the request body is larger than {MOST >> 20} MiB"
        self._send(refusal(ApiError(text, 413)))

    def _too_late(self) -> None:
        self._timer = None
        if self._refused:
            self._transport.close()
            return
        text = f"the request did not end within {self._patience:g} s"
        self._give_up(ApiError(text, 408))

    def _rest(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def headers(answer: Answer) -> list[tuple[str, str]]:
    """Return the headers of an answer."""
    found = [("Date", time.strftime(DATE, time.gmtime())), ("Server", "harness")]
    if answer.status != 204:
        found.append(("Content-Length", str(len(answer.body))))
    if answer.type:
        found.append(("Content-Type", answer.type))
    if answer.type == TEXT:
        found.append(("X-Content-Type-Options", "nosniff"))
    return found
