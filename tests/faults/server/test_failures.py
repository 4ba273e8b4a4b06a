"""What our server's API has beyond Toxiproxy's: failures of statements."""

import asyncio
import json
import struct
import unittest

from harness.faults.server.collection import Collection
from harness.faults.server.routes import Request, Routes


class FailuresTest(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.routes = Routes(Collection(seed=1))
        for name, protocol in (("plain", ""), ("db", "postgres")):
            fields = {"name": name, "upstream": "127.0.0.1:1", "enabled": False}
            status, _ = await self.ask("POST", "/proxies", {**fields, "protocol": protocol})
            self.assertEqual(201, status)

    async def ask(self, method, path, body=None):
        """Send a request; return (status, what the answer holds)."""
        sent = Request(method, path, "", json.dumps(body).encode())
        answer = await self.routes.answer(sent)
        return answer.status, json.loads(answer.body) if answer.body else None

    async def refusal(self, proxy="db", **fields):
        status, answer = await self.ask("POST", f"/proxies/{proxy}/failures", fields)
        self.assertEqual(400, status)
        return answer["error"]

    async def test_one_is_made_shown_and_removed(self):
        made = await self.ask("POST", "/proxies/db/failures", {"code": "40001", "times": 1})
        self.assertEqual((201, {"name": "failure_1"}), made)
        report = {"happened": 0, "count": 0, "seen": [], "unreadable": 0}
        for method in ("GET", "DELETE"):
            found = await self.ask(method, "/proxies/db/failures/failure_1")
            self.assertEqual((200, report), found)
        status, answer = await self.ask("GET", "/proxies/db/failures/failure_1")
        self.assertEqual((404, "failure not found"), (status, answer["error"]))

    async def test_a_reset_removes_all(self):
        await self.ask("POST", "/proxies/db/failures", {"code": "40001"})
        await self.ask("DELETE", "/proxies/plain")
        await self.ask("POST", "/reset")
        self.addAsyncCleanup(self.ask, "DELETE", "/proxies/db")
        self.assertEqual(404, (await self.ask("GET", "/proxies/db/failures/failure_1"))[0])

    async def test_encrypted_connections_are_counted(self):
        async def agree(reader, writer):
            await reader.readexactly(8)
            writer.write(b"S")
            await reader.read()
            writer.close()
            over.set()

        over = asyncio.Event()
        upstream = await asyncio.start_server(agree, "127.0.0.1", 0)
        self.addAsyncCleanup(upstream.wait_closed)
        self.addCleanup(upstream.close)
        self.addAsyncCleanup(self.ask, "DELETE", "/proxies/db")
        host, port = upstream.sockets[0].getsockname()
        fields = {"upstream": f"{host}:{port}", "listen": "127.0.0.1:0", "enabled": True}
        _, proxy = await self.ask("POST", "/proxies/db", fields)
        await self.ask("POST", "/proxies/db/failures", {"code": "40001"})
        reader, writer = await asyncio.open_connection(*proxy["listen"].split(":"))
        writer.write(struct.pack("!ii", 8, 80877103))
        self.assertEqual(b"S", await reader.readexactly(1))

        _, open_yet = await self.ask("GET", "/proxies/db/failures/failure_1")
        writer.close()
        await writer.wait_closed()
        await asyncio.wait_for(over.wait(), 5)
        _, closed = await self.ask("DELETE", "/proxies/db/failures/failure_1")

        self.assertEqual((1, 1), (open_yet["unreadable"], closed["unreadable"]))

    async def test_what_cannot_be_is_refused(self):
        self.assertEqual("the proxy has no protocol", await self.refusal("plain"))
        self.assertIn("on is no regular expression: missing )", await self.refusal(on="("))
        self.assertIn("lost was invalid", await self.refusal(lost="both"))
        self.assertEqual("an error is one line", await self.refusal(message="a\r\n+OK"))
        self.assertIn("cannot unmarshal string into field times", await self.refusal(times="1"))

    async def test_an_unknown_protocol_is_refused(self):
        fields = {"name": "a", "upstream": "127.0.0.1:1", "protocol": "mysql"}
        status, answer = await self.ask("POST", "/proxies", fields)
        self.assertEqual((400, "unknown protocol: mysql"), (status, answer["error"]))
