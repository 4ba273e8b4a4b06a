"""Where a connection is cut, told from the bytes alone."""

import unittest

from harness.faults.sweep.taps import MessageTap, TurnTap
from harness.faults.wire.redis import RedisConversation

PING, PONG = b"*1\r\n$4\r\nPING\r\n", b"+PONG\r\n"


def losing(side, index):
    return lambda step: (step.side, step.index) == (side, index)


def never(step):
    return False


def steps(tap):
    return [f"{step.side} {step.index} {step}" for step in tap.trace]


class TurnTapTest(unittest.TestCase):
    def test_a_turn_lasts_until_the_server_answers(self):
        tap = TurnTap(never, None)
        for data in b"a", b"bc":
            self.assertEqual((data, False), tap.sent(data))
        for data in b"1", b"2":
            self.assertEqual((data, False), tap.answered(data))
        tap.sent(b"d")

        self.assertEqual(
            ["request 1 of 3 bytes", "response 1 of 3 bytes", "request 2 of 1 bytes"], steps(tap)
        )

    def test_a_server_that_speaks_first_answers_turn_0(self):
        tap = TurnTap(never, None)
        tap.answered(b"220 hello")
        tap.sent(b"EHLO")
        self.assertEqual(["response 0 of 9 bytes", "request 1 of 4 bytes"], steps(tap))

    def test_a_lost_request_is_lost_from_its_first_byte_on(self):
        tap = TurnTap(losing("request", 2), None)
        tap.sent(b"a")
        tap.answered(b"b")
        self.assertEqual((b"", True), tap.sent(b"c"))

    def test_a_lost_response_is_lost_from_its_first_byte_on(self):
        tap = TurnTap(losing("response", 1), None)
        self.assertEqual((b"a", False), tap.sent(b"a"))
        self.assertEqual((b"", True), tap.answered(b"b"))

    def test_a_known_protocol_gives_turns_their_names(self):
        tap = TurnTap(never, RedisConversation())
        tap.sent(PING[:5])
        tap.sent(PING[5:])
        tap.answered(PONG)
        self.assertEqual(["request 1 'PING'", "response 1 'PING'"], steps(tap))


class MessageTapTest(unittest.TestCase):
    def test_each_message_is_a_step_however_the_bytes_come(self):
        tap = MessageTap(never, RedisConversation())
        forwarded = b"".join(tap.sent(bytes([byte])).data for byte in PING * 2)
        self.assertEqual(PING * 2, forwarded)
        tap.answered(PONG * 2)
        self.assertEqual(
            ["request 1 'PING'", "request 2 'PING'", "response 1 Reply", "response 2 Reply"],
            steps(tap),
        )

    def test_what_comes_before_a_lost_message_goes_on(self):
        tap = MessageTap(losing("request", 2), RedisConversation())
        self.assertEqual((PING, True), tap.sent(PING * 3))

        tap = MessageTap(losing("response", 2), RedisConversation())
        tap.sent(PING * 2)
        self.assertEqual((PONG, True), tap.answered(PONG * 2))

    def test_what_cannot_be_read_is_cut(self):
        tap = MessageTap(never, RedisConversation())
        self.assertTrue(tap.sent(b"\x16\x03\x01 TLS\r\n").cut)
        self.assertTrue(tap.opaque)
