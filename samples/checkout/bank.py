"""The payment provider, as small as it can be: `python bank.py PORT`.

`POST /charges` with `{"order": "...", "amount": 250}` charges a card. It answers 201, or 402 where
the card is not good for that much. A request with the `Idempotency-Key` of an earlier one gets the
answer of that one, and charges nothing. `GET /charges` lists all charges.
"""

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

LIMIT = 100_000  # cents; no card is good for more

Answer = tuple[int, object]


class Ledger:
    """All charges that were made."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answers: dict[str, Answer] = {}
        self.charges: list[Any] = []

    def charge(self, key: str | None, charge: Any) -> Answer:
        """Charge a card, unless that key was used before; return the answer."""
        with self._lock:
            if key in self._answers:
                return self._answers[key]
            answer = self._charge(charge)
            if key is not None:
                self._answers[key] = answer
            return answer

    def _charge(self, charge: Any) -> Answer:
        if charge["amount"] > LIMIT:
            return 402, "the card is not good for that much"
        self.charges.append(charge)
        return 201, charge


class Handler(BaseHTTPRequestHandler):
    """One request."""

    ledger = Ledger()
    wbufsize = -1  # one write for an answer, not one for each of its parts

    def do_GET(self) -> None:
        """Tell all charges; or, under any other path, that the bank is there."""
        self.answer(200, self.ledger.charges if self.path == "/charges" else "open")

    def do_POST(self) -> None:
        """Make a charge."""
        charge = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.answer(*self.ledger.charge(self.headers["Idempotency-Key"], charge))

    def answer(self, status: int, body: object) -> None:
        """Send an answer."""
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
