"""Spoiling what is said on a connection to Redis."""

import re
import unittest

from harness.faults.failing.failure import Failure
from harness.faults.failing.redis import RedisSpoiler
from harness.faults.failing.trigger import Triggers

OK = b"+OK\r\n"


def command(*words):
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words)


SET, GET = command(b"SET", b"a", b"1"), command(b"GET", b"a")
MULTI, EXEC = command(b"MULTI"), command(b"EXEC")
NAME = re.compile(rb"harness-fail-\d+-")


class RedisSpoilerTest(unittest.TestCase):
    def setUp(self):
        self.triggers = Triggers()
        self.spoiler = RedisSpoiler(self.triggers)

    def arm(self, **fields):
        given = {"words": "", "protocol": "redis", "message": "OOM no", **fields}
        return self.triggers.arm(Failure(**given))

    def refusal(self, sent):
        """Return what the server says to the command that does not exist."""
        (name,) = NAME.findall(sent)
        return b"-ERR unknown command '%s', with args beginning with: \r\n" % name

    def test_a_command_is_replaced_by_one_that_does_not_exist_and_its_reply_renamed(self):
        self.arm(on="SET")
        sent = self.spoiler.sent(GET + SET + GET)
        self.assertNotIn(SET, sent)
        self.assertTrue(sent.startswith(GET + b"*1\r\n") and sent.endswith(GET))
        self.assertEqual(
            b"$1\r\n1\r\n-OOM no\r\n$-1\r\n",
            self.spoiler.answered(b"$1\r\n1\r\n" + self.refusal(sent) + b"$-1\r\n"),
        )

    def test_it_is_the_same_byte_by_byte(self):
        self.arm(on="set a")
        sent = b"".join(self.spoiler.sent(bytes([byte])) for byte in SET + GET)
        said = self.refusal(sent) + b"$-1\r\n"
        got = b"".join(self.spoiler.answered(bytes([byte])) for byte in said)
        self.assertEqual(b"-OOM no\r\n$-1\r\n", got)

    def test_a_name_is_not_that_of_a_longer_one(self):
        self.arm(on="SET")
        longer = command(b"SETEX", b"a", b"1", b"b")
        self.assertEqual(longer, self.spoiler.sent(longer))

    def test_an_exec_is_refused_so_that_the_transaction_is_over(self):
        self.arm(on="EXEC")
        sent = self.spoiler.sent(MULTI + SET + EXEC + GET)
        self.assertTrue(sent.startswith(MULTI + SET) and sent.endswith(EXEC + GET))
        said = OK + b"+QUEUED\r\n" + self.refusal(sent) + b"-EXECABORT Discarded\r\n$-1\r\n"
        self.assertEqual(OK + b"+QUEUED\r\n-OOM no\r\n$-1\r\n", self.spoiler.answered(said))

    def test_without_a_name_what_sets_up_a_connection_or_a_transaction_is_left_alone(self):
        self.arm()
        before = command(b"HELLO", b"3") + command(b"CLIENT", b"ID") + MULTI
        sent = self.spoiler.sent(before + SET)
        self.assertTrue(sent.startswith(before))
        self.assertNotIn(SET, sent)

    def test_a_push_is_no_reply(self):
        self.arm(on="EXEC")
        sent = self.spoiler.sent(MULTI + EXEC)
        push = b">1\r\n+invalidate\r\n"
        said = OK + self.refusal(sent) + push + b"-EXECABORT Discarded\r\n"
        self.assertEqual(OK + push + b"-OOM no\r\n", self.spoiler.answered(said))

    def test_a_request_that_is_lost_never_gets_there(self):
        self.arm(on="SET", message="", lost="request")
        self.assertEqual(GET, self.spoiler.sent(GET + SET + GET))
        self.assertTrue(self.spoiler.cut)

    def test_a_response_is_lost_and_those_before_it_are_not(self):
        self.arm(on="SET", message="", lost="response")
        self.assertEqual(GET + SET + GET, self.spoiler.sent(GET + SET + GET))
        self.assertEqual(b":1\r\n", self.spoiler.answered(b":1\r\n" + OK + b":1\r\n"))
        self.assertTrue(self.spoiler.cut)

    def test_several_fail_in_turn(self):
        self.arm(on="SET")
        self.arm(on="SET", message="READONLY no")
        sent = self.spoiler.sent(SET + SET + SET)
        first, second = NAME.findall(sent)
        said = b"-ERR unknown command `%s`\r\n-ERR unknown command `%s`\r\n" % (first, second)
        self.assertEqual(b"-OOM no\r\n-READONLY no\r\n" + OK, self.spoiler.answered(said + OK))
        self.assertTrue(sent.endswith(SET))

    def test_what_is_no_resp_is_left_alone(self):
        trigger = self.arm()
        for data in (b"\x16\x03\x01\x02\r\n", SET):
            self.assertEqual(data, self.spoiler.sent(data))
        self.assertTrue(self.spoiler.opaque)
        self.assertEqual(0, trigger.report().count)
        self.triggers.disarm(trigger)
        self.assertEqual(SET, self.spoiler.sent(SET))
        self.arm()
        self.assertNotEqual(SET, self.spoiler.sent(SET))

    def test_nothing_is_lost_where_it_becomes_unreadable(self):
        self.arm(on="x")
        self.spoiler.sent(GET)
        self.assertEqual(b"", self.spoiler.answered(b"$-1\r"))
        self.assertEqual(b"PING\r\n", self.spoiler.sent(b"PING\r\n"))
        self.assertEqual(b"$-1\r\n+PONG\r\n", self.spoiler.answered(b"\n+PONG\r\n"))

    def test_what_is_typed_by_hand_is_left_alone(self):
        self.arm()
        self.assertEqual(b"PING\r\n", self.spoiler.sent(b"PING\r\n"))

    def test_what_is_held_back_when_it_is_disarmed_goes_on(self):
        trigger = self.arm(on="x")
        sent = self.spoiler.sent(SET[:9])
        self.triggers.disarm(trigger)
        self.assertEqual(SET, sent + self.spoiler.sent(SET[9:]))
        self.assertEqual(OK, self.spoiler.answered(OK[:2]) + self.spoiler.answered(OK[2:]))
        self.assertEqual(GET[:4], self.spoiler.sent(GET[:4]))
