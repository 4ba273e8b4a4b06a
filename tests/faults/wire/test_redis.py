"""Cutting what is said to Redis into commands and replies, however the bytes come."""

import time
import unittest

from harness.faults.wire.redis import RedisConversation

REPLIES = (
    *(b"+OK\r\n", b"-ERR no\r\n", b":7\r\n", b"$-1\r\n", b"$4\r\na\r\nb\r\n", b"*-1\r\n"),
    *(b"*2\r\n*1\r\n:1\r\n$1\r\na\r\n", b"%1\r\n+a\r\n:1\r\n", b"_\r\n", b"#t\r\n", b",1.5\r\n"),
    *(b"=5\r\ntxt:a\r\n", b"~1\r\n(12\r\n", b"|1\r\n+ttl\r\n:3\r\n*1\r\n:2\r\n"),
)


class RedisConversationTest(unittest.TestCase):
    def setUp(self):
        self.talk = RedisConversation()

    def test_commands_are_named_and_shown(self):
        found = self.talk.sent(b"*3\r\n$3\r\nset\r\n$1\r\na\r\n$2\r\n\xff1\r\n*1\r\n$4\r\nEXEC\r\n")
        self.assertEqual(["SET 'set a \\\\xff1'", "EXEC 'EXEC'"], [str(each) for each in found])

    def test_passwords_are_not_shown(self):
        for words in (
            b"AUTH a",
            b"HELLO 3 auth me a",
            b"CONFIG SET requirepass a",
            b"ACL SETUSER a",
        ):
            parts = words.split()
            raw = b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(p), p) for p in parts)
            (found,) = self.talk.sent(raw)
            self.assertTrue(found.text.endswith(" ..."), found)
        self.assertEqual(raw, found.data)

    def test_each_type_of_reply_ends_where_it_ends_byte_by_byte(self):
        found = [each for byte in b"".join(REPLIES) for each in self.talk.answered(bytes([byte]))]
        self.assertEqual(list(REPLIES), [each.data for each in found])

    def test_all_at_once_they_are_the_same(self):
        found = self.talk.answered(b"".join(REPLIES) + b"$3\r\nab")
        self.assertEqual(list(REPLIES), [each.data for each in found])

    def test_a_push_is_no_answer(self):
        push, reply = self.talk.answered(b">1\r\n+invalidate\r\n+OK\r\n")
        self.assertEqual([False, True], [self.talk.is_end(push), self.talk.is_end(reply)])

    def test_what_is_no_resp_is_opaque(self):
        self.assertEqual([], self.talk.sent(b"\x16\x03\x01\x02\r\n"))
        self.assertTrue(self.talk.opaque)

    def test_a_command_that_cannot_be_is_opaque(self):
        self.assertEqual([], self.talk.sent(b"*2\r\n*1\r\n$4\r\nPING\r\n$1\r\na\r\n"))
        self.assertTrue(self.talk.opaque)

    def test_a_large_answer_is_read_once_however_many_pieces_it_comes_in(self):
        reply = b"*200000\r\n" + b"$1\r\na\r\n" * 200_000
        begin = time.monotonic()
        found = [
            each
            for at in range(0, len(reply), 4096)
            for each in self.talk.answered(reply[at : at + 4096])
        ]
        self.assertEqual([reply], [each.data for each in found])
        self.assertLess(time.monotonic() - begin, 10)  # by reading it anew each time: a minute
