"""The bank, which charges cards over HTTP."""

import json
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from shop.clock import Clock
from shop.errors import DeclinedError, UnavailableError
from shop.resilience import CircuitBreaker, retry

TIMEOUT = 5.0  # seconds

Answer = tuple[int, Any]


class Bank:
    """A client that tries again, until the bank has failed too often.

    Args:
        url: Where the bank is.
        clock: What its pauses are spent on, and its breaker waits for.
        timeout: Seconds to wait for an answer.
    """

    def __init__(self, url: str, clock: Clock, *, timeout: float = TIMEOUT) -> None:
        self._address = urlsplit(url).netloc
        self._clock = clock
        self._timeout = timeout
        self._breaker = CircuitBreaker("the bank", clock)

    def charge(self, order_id: UUID, amount: int) -> None:
        """Charge the card of whoever ordered, once, however often this is called.

        The order is the idempotency key, by which the bank knows a charge that it has made.

        Args:
            order_id: What is paid.
            amount: How much, in cents.

        Raises:
            DeclinedError: The bank refuses.
            UnavailableError: It does not answer: it may have made the charge, or not.
        """
        body = {"order": str(order_id), "amount": amount}
        status, said = self._breaker.call(lambda: self._post("/charges", body, key=str(order_id)))
        if status >= 400:
            raise DeclinedError(f"order {order_id}: {said}")

    def _post(self, path: str, body: object, *, key: str) -> Answer:
        """Send a request until there is an answer to it."""
        headers = {"Idempotency-Key": key}
        return retry(
            lambda: self._try("POST", path, json.dumps(body), headers),
            on=UnavailableError,
            clock=self._clock,
        )

    def _try(self, *request: Any) -> Answer:
        try:
            with closing(HTTPConnection(self._address, timeout=self._timeout)) as connection:
                connection.request(*request)
                answer = connection.getresponse()
                said = json.load(answer)  # an answer that ends in its headers has a status, too
        except (OSError, HTTPException, ValueError) as error:
            raise UnavailableError(f"the bank: {error!r}") from error
        if answer.status >= 500:
            raise UnavailableError(f"the bank: {answer.status} {said}")
        return answer.status, said
