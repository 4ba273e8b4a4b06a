"""Spoiling what is said on a connection to PostgreSQL, byte by byte where it matters."""

import struct
import unittest

from harness.faults.failing.failure import Failure
from harness.faults.failing.postgres import PostgresSpoiler, execution, query
from harness.faults.failing.statements import failing_commit, raising
from harness.faults.failing.trigger import Triggers

STARTUP = struct.pack("!ii", 16, 196608) + b"user\0a\0\0"
SSL = struct.pack("!ii", 8, 80877103)


def message(code, body=b""):
    return code + struct.pack("!i", len(body) + 4) + body


def ready(state=b"I"):
    return message(b"Z", state)


def parse(sql, name=b""):
    return message(b"P", name + b"\0" + sql + b"\0\0\0")


def bind(name=b"", portal=b""):
    return message(b"B", portal + b"\0" + name + b"\0" + bytes(6))


def execute(portal=b"", most=0):
    return message(b"E", portal + b"\0" + struct.pack("!i", most))


SYNC, PARSED, BOUND, DONE = message(b"S"), message(b"1"), message(b"2"), message(b"C", b"X 1\0")
WELCOME = message(b"R", bytes(4)) + ready()


def error(code=b"XX000", text=b"as the server says"):
    fields = [b"SFEHLER", b"VERROR", b"C" + code, b"M" + text, b"Wwhere", b"Fa.c", b"L1", b"Rf"]
    return message(b"E", b"\0".join(fields) + b"\0\0")


RENAMED = message(b"E", b"SFEHLER\0VERROR\0Fa.c\0L1\0Rf\0C40001\0Mno\0\0")


class PostgresSpoilerTest(unittest.TestCase):
    def setUp(self):
        self.triggers = Triggers()
        self.spoiler = PostgresSpoiler(self.triggers)
        self.assertEqual(STARTUP, self.spoiler.sent(STARTUP))
        self.assertEqual(WELCOME, self.spoiler.answered(WELCOME))

    def arm(self, **fields):
        given = {"words": "", "protocol": "postgres", "code": "40001", "message": "no", **fields}
        return self.triggers.arm(Failure(**given))

    def lose(self, what, **fields):
        return self.arm(code="", message="", lost=what, **fields)

    def test_a_simple_query_is_replaced_by_one_for_which_the_server_raises(self):
        self.arm(on="update")
        other = query("select 1")
        self.assertEqual(other, self.spoiler.sent(other))
        self.spoiler.answered(DONE + ready())

        sent = self.spoiler.sent(query("Update a set b = 1"))

        self.assertEqual(query(raising("40001", "no")), sent)
        self.assertEqual(RENAMED + ready(), self.spoiler.answered(error(b"40001") + ready()))

    def test_it_is_the_same_byte_by_byte(self):
        self.arm(on="update")
        asked = query("select 1") + query("update a set b = 1")
        said = DONE + ready() + error() + ready()
        sent = b"".join(self.spoiler.sent(bytes([byte])) for byte in asked)
        got = b"".join(self.spoiler.answered(bytes([byte])) for byte in said)

        self.assertEqual(query("select 1") + query(raising("40001", "no")), sent)
        self.assertEqual(DONE + ready() + RENAMED + ready(), got)

    def test_an_execute_is_replaced_and_the_answers_to_what_carries_that_out_are_unsaid(self):
        self.arm(on="update")
        before = parse(b"update a set b = $1") + bind()

        sent = self.spoiler.sent(before + execute() + SYNC)

        self.assertEqual(before + execution(raising("40001", "no")) + SYNC, sent)
        said = PARSED + BOUND + PARSED + BOUND + error(b"40001") + ready(b"E")
        self.assertEqual(PARSED + BOUND + RENAMED + ready(b"E"), self.spoiler.answered(said))

    def test_a_statement_that_was_prepared_before_is_known(self):
        prepared = parse(b"update a set b = $1", b"s1") + SYNC
        for byte in prepared:
            self.assertEqual(bytes([byte]), self.spoiler.sent(bytes([byte])))
        self.spoiler.answered(PARSED + ready())
        self.arm(on="update")

        sent = self.spoiler.sent(bind(b"s1") + execute() + SYNC)

        self.assertEqual(bind(b"s1") + execution(raising("40001", "no")) + SYNC, sent)
        said = BOUND + PARSED + BOUND + error() + ready(b"E")
        self.assertEqual(BOUND + RENAMED + ready(b"E"), self.spoiler.answered(said))

    def test_after_a_failure_in_a_pipeline_nothing_else_fails_up_to_the_sync(self):
        trigger = self.arm(on="update", times=2)
        one = parse(b"update a set b = 1") + bind() + execute()

        sent = self.spoiler.sent(one + one + SYNC + one + SYNC)

        failing = execution(raising("40001", "no"))
        once = parse(b"update a set b = 1") + bind() + failing
        self.assertEqual(once + one + SYNC + once + SYNC, sent)
        self.assertEqual(2, trigger.report().happened)

    def test_the_error_of_another_statement_of_a_pipeline_stays_as_it_is(self):
        self.arm(on="update")
        self.spoiler.sent(parse(b"insert") + bind() + execute())
        self.spoiler.sent(parse(b"update") + bind() + execute() + SYNC)
        said = PARSED + BOUND + error(b"23505") + ready(b"E")
        self.assertEqual(said, self.spoiler.answered(said))

    def test_the_rest_of_a_portal_is_no_statement(self):
        trigger = self.arm(on="select", after=1)
        suspended = message(b"s")
        self.spoiler.sent(parse(b"select 1") + bind() + execute(most=1) + SYNC)
        self.spoiler.answered(PARSED + BOUND + suspended + ready(b"T"))
        rest = execute(most=1) + SYNC
        self.assertEqual(rest, self.spoiler.sent(rest))
        self.assertEqual(0, trigger.report().happened)

    def test_a_commit_is_replaced_by_one_that_the_server_refuses(self):
        self.spoiler.sent(query("begin"))
        self.spoiler.answered(DONE + ready(b"T"))
        self.arm(on="commit")
        self.assertEqual(query(failing_commit()), self.spoiler.sent(query("COMMIT")))
        self.assertEqual(RENAMED + ready(), self.spoiler.answered(error(b"42601") + ready()))

    def test_a_commit_of_nothing_cannot_fail(self):
        trigger = self.arm(on="commit")
        self.assertEqual(query("commit"), self.spoiler.sent(query("commit")))
        self.assertEqual(0, trigger.report().happened)

    def test_a_commit_in_the_pipeline_that_began_its_transaction_may_fail(self):
        trigger = self.arm(on="commit")
        for text in (b"begin", b"commit"):
            self.spoiler.sent(parse(text) + bind() + execute())
        self.assertEqual(1, trigger.report().happened)

    def test_a_transaction_that_has_failed_before_stays_one(self):
        self.arm()
        self.spoiler.sent(query("select 1"))
        said = error(b"25P02") + ready(b"E")
        self.assertEqual(said, self.spoiler.answered(said))

    def test_a_request_that_is_lost_never_gets_there(self):
        self.lose("request", on="insert")
        before = query("select 1")
        self.assertEqual(before, self.spoiler.sent(before + query("insert into a") + before))
        self.assertTrue(self.spoiler.cut)
        self.assertEqual(b"", self.spoiler.sent(before))
        self.assertEqual(b"", self.spoiler.answered(DONE))

    def test_a_response_is_lost_when_all_was_carried_out(self):
        self.lose("response", on="insert")
        asked = query("select 1") + query("insert into a")
        self.assertEqual(asked, self.spoiler.sent(asked))
        self.assertEqual(DONE + ready(), self.spoiler.answered(DONE + ready() + DONE))
        self.assertFalse(self.spoiler.cut)
        self.assertEqual(b"", self.spoiler.answered(ready()))
        self.assertTrue(self.spoiler.cut)

    def test_of_a_pipeline_what_was_answered_before_is_not_lost(self):
        self.lose("response", on="insert")
        self.spoiler.sent(parse(b"select 1") + bind() + execute())
        self.spoiler.sent(parse(b"insert") + bind() + execute() + SYNC)
        first = PARSED + BOUND + DONE
        self.assertEqual(first, self.spoiler.answered(first + PARSED + BOUND + DONE))
        self.assertEqual(b"", self.spoiler.answered(ready()))
        self.assertTrue(self.spoiler.cut)

    def test_a_response_that_no_sync_ends_is_lost_at_its_own_end(self):
        self.lose("response")
        self.spoiler.sent(parse(b"select 1") + bind() + execute() + message(b"H"))
        self.assertEqual(b"", self.spoiler.answered(PARSED + BOUND + DONE))
        self.assertTrue(self.spoiler.cut)

    def test_a_copy_is_lost_when_its_data_are_asked_for(self):
        self.lose("response")
        self.spoiler.sent(query("copy a from stdin"))
        self.spoiler.answered(message(b"G", bytes(3)))
        self.assertTrue(self.spoiler.cut)

    def test_what_was_begun_when_it_was_armed_goes_on(self):
        asked = query("update a set b = 1")
        self.spoiler.sent(asked[:9])
        trigger = self.arm(on="update")
        self.assertEqual(asked[9:], self.spoiler.sent(asked[9:]))
        self.assertEqual(0, trigger.report().happened)
        self.assertNotEqual(asked, self.spoiler.sent(asked))

    def test_in_the_middle_of_an_answer_nothing_is_read_until_that_ends(self):
        self.spoiler.sent(query("select 1"))
        row = message(b"D", b"\0\1\0\0\0\1a")
        self.spoiler.answered(row[:4])
        trigger = self.arm()
        self.assertEqual(row[4:] + DONE + ready(), self.spoiler.answered(row[4:] + DONE + ready()))
        self.spoiler.sent(query("select 2"))
        self.assertEqual(1, trigger.report().happened)

    def test_what_is_held_back_when_it_is_disarmed_goes_on(self):
        trigger = self.arm(on="x")
        asked, said = query("select 1"), DONE + ready()
        sent = self.spoiler.sent(asked[:8])
        self.triggers.disarm(trigger)
        sent += self.spoiler.sent(asked[8:])
        self.assertEqual(asked, sent)
        self.assertEqual(said, self.spoiler.answered(said[:3]) + self.spoiler.answered(said[3:]))
        self.arm()
        self.assertEqual(query(raising("40001", "no")), self.spoiler.sent(asked))


class EncryptedTest(unittest.TestCase):
    def test_what_is_encrypted_is_left_alone(self):
        triggers = Triggers()
        spoiler = PostgresSpoiler(triggers)
        spoiler.sent(SSL)
        spoiler.answered(b"S")
        trigger = triggers.arm(Failure("", "postgres"))
        self.assertTrue(spoiler.opaque)
        hello = b"\x16\x03\x01 whatever"
        self.assertEqual((hello, hello), (spoiler.sent(hello), spoiler.answered(hello)))
        self.assertEqual(0, trigger.report().count)

    def test_where_encryption_is_refused_statements_are_read(self):
        triggers = Triggers()
        spoiler = PostgresSpoiler(triggers)
        triggers.arm(Failure("", "postgres", code="40001", message="no"))
        for data in (SSL, STARTUP):
            self.assertEqual(data, spoiler.sent(data))
            spoiler.answered(b"N" if data is SSL else WELCOME)
        self.assertEqual(query(raising("40001", "no")), spoiler.sent(query("select 1")))
