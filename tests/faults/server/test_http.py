"""HTTP of the fault proxy: requests that never end."""

import asyncio
import unittest
import unittest.mock

from harness.faults.server.http import Http
from harness.faults.server.routes import Answer


async def fine(request):
    return Answer(200, "text/plain", request.body)


async def broken(request):
    raise ZeroDivisionError("by zero")


class HttpTest(unittest.IsolatedAsyncioTestCase):
    async def line(self, answer=fine, patience=0.05):
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Http(answer, patience), "127.0.0.1", 0)
        self.addAsyncCleanup(server.wait_closed)
        self.addCleanup(server.close)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        self.addAsyncCleanup(writer.wait_closed)
        self.addCleanup(writer.close)
        return reader, writer

    async def test_half_a_request_gets_an_error_when_it_takes_too_long(self):
        for half in (b"G", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n12"):
            reader, writer = await self.line()
            writer.write(half)
            answer = await asyncio.wait_for(reader.read(), 5)
            self.assertTrue(answer.startswith(b"HTTP/1.1 408 "), answer)
            self.assertIn(b'{"error":"the request did not end within 0.05 s","status":408}', answer)

    async def test_a_line_without_a_request_is_left_open(self):
        reader, writer = await self.line()
        await asyncio.sleep(0.1)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        self.assertTrue((await reader.readline()).startswith(b"HTTP/1.1 200 "))

    async def test_after_an_answer_it_waits_for_the_next_request(self):
        reader, writer = await self.line()
        for _ in range(2):
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            self.assertIn(b"200", await reader.readuntil(b"\r\n\r\n"))
            await asyncio.sleep(0.1)

    async def test_headers_without_end_are_refused(self):
        reader, writer = await self.line(patience=5)
        writer.write(b"GET / HTTP/1.1\r\n" + b"X: " + b"y" * 100_000)
        answer = await asyncio.wait_for(reader.readline(), 5)
        self.assertIn(answer.split()[1], (b"400", b"431"))

    async def test_a_failure_of_ours_is_an_answer_and_is_logged(self):
        reader, writer = await self.line(broken)
        with unittest.mock.patch("traceback.print_exc") as logged:
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            head = await reader.readuntil(b"\r\n\r\n")
        self.assertIn(b"500", head)
        logged.assert_called_once()
        self.assertIn(b"ZeroDivisionError: by zero", await reader.readline())
