"""The HTTP API of Toxiproxy 2.12: what each path and method does."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import unquote, urlsplit

from harness.faults.server import PROGRAM, VERSION, bodies
from harness.faults.server.bodies import ProxyInput
from harness.faults.server.collection import Collection
from harness.faults.server.errors import ApiError
from harness.faults.server.proxy import Proxy, shown

JSON, TEXT = "application/json", "text/plain; charset=utf-8"


class Request(NamedTuple):
    """A request.

    Attributes:
        method: Such as `GET`.
        target: Path and query.
        agent: The program that sent it.
        body: Its body.
    """

    method: str
    target: str
    agent: str
    body: bytes


class Answer(NamedTuple):
    """An answer.

    Attributes:
        status: HTTP status.
        type: Type of its body.
        body: Its body.
    """

    status: int
    type: str = ""
    body: bytes = b""


Action: TypeAlias = Callable[[bytes], Awaitable[Answer]]


class Routes:
    """Answers requests, one after another.

    Args:
        collection: The proxies.
    """

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self._lock = asyncio.Lock()

    async def answer(self, request: Request) -> Answer:
        """Return the answer to a request; a refusal is one, too."""
        path = urlsplit(request.target).path
        actions = self._actions([unquote(part) for part in path.split("/")[1:]])
        if not actions:
            return Answer(404, TEXT, b"404 page not found\n")
        if request.method not in actions:
            return Answer(405)
        if request.agent.startswith("Mozilla/"):  # a page that a developer has opened
            return Answer(403, TEXT, b"User agent not allowed\n")
        try:
            async with self._lock:
                return await actions[request.method](request.body)
        except ApiError as error:
            return refusal(error)

    def _actions(self, parts: list[str]) -> dict[str, Action]:
        """Return what can be done with a path, by method; nothing for an unknown path."""
        match parts:
            case ["version"]:
                return {"GET": self._version}
            case ["reset"]:
                return {"POST": self._reset}
            case ["populate"]:
                return {"POST": self._populate}
            case ["proxies"]:
                return {"GET": self._list, "POST": self._create}
            case ["proxies", name] if name:
                return self._of_proxy(name)
            case ["proxies", name, "toxics"] if name:
                return self._of_toxics(name)
            case ["proxies", name, "toxics", toxic] if name and toxic:
                return self._of_toxic(name, toxic)
            case ["proxies", name, "failures"] if name:
                return self._of_failures(name)
            case ["proxies", name, "failures", failure] if name and failure:
                return self._of_failure(name, failure)
        return {}

    async def _version(self, body: bytes) -> Answer:
        text = f'{{"version": "{VERSION}", "program": "{PROGRAM}"}}\n'
        return Answer(200, "application/json;charset=utf-8", text.encode())

    async def _reset(self, body: bytes) -> Answer:
        await self._collection.reset()
        return Answer(204)

    async def _list(self, body: bytes) -> Answer:
        proxies = self._collection.proxies.items()
        return as_json({name: proxy.shown() for name, proxy in sorted(proxies)})

    async def _create(self, body: bytes) -> Answer:
        given = bodies.proxy_input(bodies.read(body)).checked()
        return as_json((await self._collection.create(given)).shown(), 201)

    async def _populate(self, body: bytes) -> Answer:
        """Check all, then make one after another; what was made before a failure stays."""
        made: list[Proxy] | None = None
        try:
            given, made = bodies.proxy_inputs(bodies.read(body)), []
            for one in given:
                made.append(await self._collection.replace(one))
        except ApiError as error:
            failure = {"error": error.message, "status": error.status}
            return as_json({**failure, "proxies": listed(made)}, error.status)
        return as_json({"proxies": listed(made)}, 201)

    def _of_proxy(self, name: str) -> dict[str, Action]:
        async def show(body: bytes) -> Answer:
            return as_json(self._collection.get(name).shown())

        async def update(body: bytes) -> Answer:
            proxy = self._collection.get(name)
            now = ProxyInput(name, proxy.listen, proxy.upstream, proxy.enabled)
            given = bodies.proxy_input(bodies.read(body), now)
            if given.seed is not None:
                proxy.reseed(given.seed)
            await proxy.update(given.listen, given.upstream, given.enabled)
            return as_json(proxy.shown())

        async def delete(body: bytes) -> Answer:
            self._collection.remove(self._collection.get(name))
            return Answer(204)

        return {"GET": show, "POST": update, "PATCH": update, "DELETE": delete}

    def _of_toxics(self, name: str) -> dict[str, Action]:
        async def index(body: bytes) -> Answer:
            return as_json([shown(toxic) for toxic in self._collection.get(name).in_order()])

        async def create(body: bytes) -> Answer:
            proxy = self._collection.get(name)
            toxic = bodies.toxic_input(bodies.read(body))
            proxy.add(toxic)
            return as_json(shown(toxic))

        return {"GET": index, "POST": create}

    def _of_toxic(self, name: str, toxic_name: str) -> dict[str, Action]:
        async def show(body: bytes) -> Answer:
            return as_json(shown(self._collection.get(name).toxic(toxic_name)))

        async def update(body: bytes) -> Answer:
            proxy = self._collection.get(name)
            toxic = proxy.toxic(toxic_name)
            toxicity, attributes = bodies.toxic_update(bodies.read(body), toxic)
            proxy.alter(toxic, toxicity, attributes)
            return as_json(shown(toxic))

        async def delete(body: bytes) -> Answer:
            proxy = self._collection.get(name)
            proxy.remove(proxy.toxic(toxic_name))
            return Answer(204)

        return {"GET": show, "POST": update, "PATCH": update, "DELETE": delete}

    def _of_failures(self, name: str) -> dict[str, Action]:
        async def create(body: bytes) -> Answer:
            proxy = self._collection.get(name)
            failure = bodies.failure_input(bodies.read(body), proxy.protocol)
            return as_json({"name": proxy.fail(failure)}, 201)

        return {"POST": create}

    def _of_failure(self, name: str, failure: str) -> dict[str, Action]:
        async def show(body: bytes) -> Answer:
            return as_json(asdict(self._collection.get(name).report(failure)))

        async def delete(body: bytes) -> Answer:
            return as_json(asdict(self._collection.get(name).mend(failure)))

        return {"GET": show, "DELETE": delete}


def as_json(value: Any, status: int = 200) -> Answer:
    """Return an answer in JSON."""
    return Answer(status, JSON, json.dumps(value, separators=(",", ":")).encode())


def listed(proxies: list[Proxy] | None) -> list[dict[str, Any]] | None:
    """Return proxies as the API shows them; None for none, as the Go server does."""
    return [proxy.shown() for proxy in proxies] if proxies else None


def refusal(error: ApiError) -> Answer:
    """Return the answer to a request that is refused."""
    body = json.dumps({"error": error.message, "status": error.status}, separators=(",", ":"))
    return Answer(error.status, TEXT, f"{body}\n".encode())
