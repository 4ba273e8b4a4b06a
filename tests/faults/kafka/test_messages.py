"""Finding addresses in Kafka's answers, however these are cut by the network."""

import random
import unittest

from harness.faults.kafka.messages import Conversation, compact, plain

BROKER, PROXY = ("127.0.0.1", 9092), ("127.0.0.1", 20001)
FAR = ("broker-" + "a" * 150 + ".example.org", 9092)  # its length has two bytes as a varint
METADATA, COORDINATOR, FETCH = 3, 10, 1


def message(body):
    return len(body).to_bytes(4) + body


def request(kind, number, rest=b"\0\4test"):
    return message(kind.to_bytes(2) + (12).to_bytes(2) + number.to_bytes(4) + rest)


def answer(number, rest):
    return message(number.to_bytes(4) + rest)


class ConversationTest(unittest.TestCase):
    def answered(self, kind, rest, addresses):
        conversation = Conversation(addresses)
        conversation.request(request(kind, 7))
        return conversation.answer(answer(7, rest))

    def test_an_answer_about_brokers_has_the_proxys_address(self):
        for kind in (METADATA, COORDINATOR):
            for form in (plain, compact):
                rest = b"\0\0\0\1" + form(BROKER) + b"the rest"
                self.assertEqual(
                    answer(7, b"\0\0\0\1" + form(PROXY) + b"the rest"),
                    self.answered(kind, rest, {BROKER: PROXY}),
                )

    def test_a_message_is_as_long_as_its_new_address_makes_it(self):
        for form in (plain, compact):
            self.assertEqual(
                answer(7, form(PROXY)), self.answered(METADATA, form(FAR), {FAR: PROXY})
            )

    def test_brokers_that_nobody_knows_are_left_as_they_are(self):
        others = plain(("127.0.0.1", 9093)) + plain(("a127.0.0.1", 9092))
        self.assertEqual(answer(7, others), self.answered(METADATA, others, {BROKER: PROXY}))

    def test_records_are_never_touched(self):
        self.assertEqual(
            answer(7, plain(BROKER)), self.answered(FETCH, plain(BROKER), {BROKER: PROXY})
        )

    def test_each_answer_is_that_of_the_request_with_its_number(self):
        conversation = Conversation({BROKER: PROXY})
        conversation.request(request(FETCH, 1) + request(METADATA, 2) + request(FETCH, 3))

        told = conversation.answer(b"".join(answer(n, plain(BROKER)) for n in (1, 2, 3, 2)))

        expected = [(1, BROKER), (2, PROXY), (3, BROKER), (2, BROKER)]
        self.assertEqual(b"".join(answer(n, plain(where)) for n, where in expected), told)

    def test_however_it_is_cut_it_is_the_same(self):
        rng = random.Random(7)
        requests = [request(rng.choice([METADATA, FETCH]), n, b"x" * (n % 5)) for n in range(200)]
        answers = [answer(n, plain(BROKER) + b"y" * (n % 7)) for n in range(200)]
        whole = Conversation({BROKER: PROXY})
        self.assertEqual(b"".join(requests), whole.request(b"".join(requests)))
        expected = whole.answer(b"".join(answers))

        for _ in range(20):
            conversation = Conversation({BROKER: PROXY})
            for piece in pieces(rng, b"".join(requests)):
                self.assertEqual(piece, conversation.request(piece))
            told = [conversation.answer(piece) for piece in pieces(rng, b"".join(answers))]
            self.assertEqual(expected, b"".join(told))

    def test_what_is_no_message_of_kafkas_goes_through(self):
        for text in (b"\x16\x03\x01\x02\x00" + b"hello" * 99, message(b""), message(b"abc")):
            conversation = Conversation({BROKER: PROXY})
            self.assertEqual(text, conversation.request(text))
            self.assertEqual(text, conversation.answer(text))


def pieces(rng, data):
    """Yield data cut somewhere."""
    while data:
        size = rng.choice([1, 2, 3, 11, 100])
        yield data[:size]
        data = data[size:]
