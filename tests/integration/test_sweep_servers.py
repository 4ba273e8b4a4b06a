"""Sweeps over servers of which only the ports are known, and of actions that are awaited."""

import asyncio
import sys
import urllib.error
import urllib.request
from unittest import mock

from harness import HarnessTestCase, Postgres, Process
from harness.adapters.unittest_async import AsyncHarnessTestCase
from harness.errors import FaultError
from harness.faults.sweep import deadline

LEDGER = """
import http.server, sys

class Ledger(http.server.BaseHTTPRequestHandler):
    paid = 0

    def do_POST(self):
        Ledger.paid += 1
        self.answer()

    def do_DELETE(self):
        Ledger.paid = 0
        self.answer()

    def do_GET(self):
        self.answer()

    def answer(self):
        body = str(Ledger.paid).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass

http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Ledger).serve_forever()
"""


def ask(url, method="GET"):
    with urllib.request.urlopen(urllib.request.Request(url, method=method), timeout=5) as answer:
        return int(answer.read())


class ProcessSweepTest(HarnessTestCase):
    bank = Process([sys.executable, "-c", LEDGER, "{port}"], proxied=True)

    def setUp(self):
        host, port = self.bank.instance.host, self.bank.instance.port
        self.straight = f"http://{host}:{port}/"
        ask(self.straight, "DELETE")

    def pay(self):
        return ask(self.bank.url("http"), "POST")

    def pay_twice_if_need_be(self):
        try:
            self.pay()
        except (OSError, urllib.error.URLError):
            self.pay()

    def swept(self, action, **how):
        for cut in self.bank.sweep(action, reset=lambda: ask(self.straight, "DELETE"), **how):
            with cut:
                self.assertIn(ask(self.straight), (0, 1) if cut.error else (1,))

    def test_an_answer_that_is_lost_makes_an_attempt_pay_twice(self):
        with self.assertRaises(AssertionError) as raised:
            self.swept(self.pay_twice_if_need_be)
        self.assertRegex(
            str(raised.exception),
            r"(?s)^the check fails at 1 of 2 losses on Process\(.*\n"
            r"lost: response of turn 1 of \d+ bytes, connection 1\n"
            r"then the action succeeded, and the check says\n"
            r"    2 not found in \(1,\)\n"
            r'repeat with only="1:1:response"\n',
        )

    def test_one_attempt_pays_once_at_most(self):
        self.swept(self.pay)

    def test_there_are_no_messages_to_lose(self):
        with self.assertRaises(FaultError) as raised:
            self.bank.sweep(self.pay, by="message")
        self.assertRegex(
            str(raised.exception),
            r"^Process\(.*\) cannot be swept by message\n"
            "  likely cause: the messages of Postgres and Redis can be read, and no others\n"
            "  next: write by='turn', which needs to know no protocol$",
        )


def make_payments(db):
    db.execute("create table payments (id serial primary key, amount int not null)")


class AsyncSweepTest(AsyncHarnessTestCase):
    db = Postgres(migrations=make_payments, isolation="commit", proxied=True)

    async def pay(self):
        import asyncpg

        connection = await asyncpg.connect(str(self.db.url("")), ssl=False)
        try:
            await connection.execute("insert into payments (amount) values (10)")
        finally:
            await connection.close(timeout=5)

    async def test_an_action_that_is_awaited_is_swept_in_an_async_block(self):
        runs = 0
        for cut in self.db.sweep(self.pay):
            async with cut:
                self.assertIn(self.db.count("payments"), (0, 1) if cut.error else (1,))
            runs += 1
        self.assertGreater(runs, 6)

    async def test_an_action_that_awaits_what_never_comes_is_ended(self):
        async def action():
            await self.pay()
            await asyncio.Event().wait()

        self.enterContext(mock.patch.object(deadline, "GRACE", 0.01))
        with self.assertRaises(FaultError) as raised:
            for cut in self.db.sweep(action, within=0.3):
                async with cut:
                    pass
        self.assertIn("the action did not end within 0.3 s", str(raised.exception))
        await self.pay()

    async def test_an_action_that_is_to_be_awaited_needs_an_async_block(self):
        with self.assertRaises(FaultError) as raised:
            for cut in self.db.sweep(self.pay):
                with cut:
                    pass
        self.assertEqual(
            "the action has not run: it is to be awaited\n"
            "  likely cause: `with cut:` calls it, and awaits nothing\n"
            "  next: write `async with cut:`",
            str(raised.exception),
        )
