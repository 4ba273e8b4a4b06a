"""Cutting what is said to PostgreSQL into messages, however the bytes come."""

import struct
import unittest

from harness.faults.wire.postgres import PostgresConversation

STARTUP = struct.pack("!ii", 16, 196608) + b"user\0a\0\0"
SSL = struct.pack("!ii", 8, 80877103)


def message(code, body=b""):
    return code + struct.pack("!i", len(body) + 4) + body


def said(messages):
    return [str(each) for each in messages]


class PostgresConversationTest(unittest.TestCase):
    def setUp(self):
        self.talk = PostgresConversation()

    def test_messages_are_named_with_the_statement_that_they_belong_to(self):
        data = STARTUP + message(b"P", b"s\0select $1\0\0\0")
        data += message(b"B", b"p\0s\0\0\0\0\0\0\0") + message(b"E", b"p\0\0\0\0\0") + message(b"S")
        self.assertEqual(
            ["Startup", "Parse 'select $1'", "Bind 'select $1'", "Execute 'select $1'", "Sync"],
            said(self.talk.sent(data)),
        )

    def test_it_is_the_same_byte_by_byte(self):
        data = STARTUP + message(b"Q", b"commit\0") + message(b"X")
        whole = PostgresConversation().sent(data)
        single = [found for byte in data for found in self.talk.sent(bytes([byte]))]
        self.assertEqual(whole, single)
        self.assertEqual(data, b"".join(each.data for each in whole))

    def test_answers_are_named_and_their_ends_are_known(self):
        self.talk.sent(STARTUP)
        found = self.talk.answered(
            message(b"R", struct.pack("!i", 0)) + message(b"D") + message(b"C", b"SELECT 1\0")
        )
        self.assertEqual(["Authentication", "DataRow", "CommandComplete"], said(found))
        self.assertEqual([True, False, True], [self.talk.is_end(each) for each in found])

    def test_encryption_that_is_refused_leaves_the_connection_readable(self):
        self.assertEqual(["SSLRequest"], said(self.talk.sent(SSL)))
        self.assertEqual(["SSLRequest"], said(self.talk.answered(b"N")))
        self.assertEqual(["Startup"], said(self.talk.sent(STARTUP)))
        self.assertFalse(self.talk.opaque)

    def test_after_encryption_has_begun_nothing_is_read(self):
        self.talk.sent(SSL)
        self.talk.answered(b"S")
        self.assertTrue(self.talk.opaque)
        self.assertEqual([], self.talk.sent(b"\x16\x03\x01 whatever"))

    def test_a_begin_that_cannot_be_is_read_as_one(self):
        self.assertEqual(["Startup"], said(self.talk.sent(b"\0\0\0\4")))

    def test_an_open_connection_is_read_from_its_next_message_on(self):
        found = PostgresConversation(begun=True).sent(message(b"Q", b"select 1\0"))
        self.assertEqual(["Query 'select 1'"], said(found))
