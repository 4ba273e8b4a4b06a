"""Reading what a server says of its clients."""

import unittest

from harness.services.redis.clients import Client, all_plain, read_clients

REDIS_7 = (
    "id={id} addr=127.0.0.1:56816 laddr=127.0.0.1:7391 fd=8 name={name} age=0 idle=0 "
    "flags={flags} db={db} sub={sub} psub=0 ssub={ssub} multi={multi} qbuf=138 qbuf-free=20336 "
    "argv-mem=4 multi-mem=109 rbs=8192 rbp=6641 obl=55 oll=0 omem=0 tot-mem=29665 events=r "
    "cmd={cmd} user={user} redir=-1 resp=2\n"
)
VALKEY_9 = (
    REDIS_7.replace(" db=", " capa= db=")
    .replace("qbuf=", "watch=0 qbuf=")
    .replace(
        " resp=2", " resp=2 lib-name=redis-py lib-ver=8.1.0 tot-net-in=1 tot-net-out=5 tot-cmds=5"
    )
)
REDIS_6_2 = REDIS_7.replace("ssub={ssub} ", "").replace("multi-mem=109 rbs=8192 rbp=6641 ", "")
PLAIN = {
    "id": 3,
    "name": "",
    "flags": "N",
    "db": 4,
    "sub": 0,
    "ssub": 0,
    "multi": -1,
    "cmd": "set",
    "user": "default",
}
LAYOUTS = (REDIS_7, VALKEY_9, REDIS_6_2)


def line(layout=REDIS_7, **fields):
    return layout.format(**{**PLAIN, **fields}).encode()


class ReadingTest(unittest.TestCase):
    def one(self, **fields):
        (client,) = read_clients(line(**fields))
        return client

    def test_nothing_is_no_client(self):
        self.assertEqual([], read_clients(b""))

    def test_every_version_is_read(self):
        for layout in LAYOUTS:
            with self.subTest(layout):
                client = self.one(layout=layout, id=7, name="app", cmd="client|list")
                self.assertEqual(
                    Client(7, "127.0.0.1:56816", "app", 4, "N", 0, False, "default", "client|list"),
                    client,
                )

    def test_each_line_is_a_client(self):
        clients = read_clients(line(id=1) + line(id=2))

        self.assertEqual([1, 2], [client.id for client in clients])

    def test_what_it_is_busy_with(self):
        self.assertTrue(self.one(flags="b").is_blocked)
        self.assertTrue(self.one(flags="P", sub=1).is_subscribed)
        self.assertTrue(self.one(flags="P", ssub=2).is_subscribed)
        self.assertTrue(self.one(flags="x", multi=0).in_transaction)
        self.assertFalse(self.one().is_blocked or self.one().is_subscribed)

    def test_a_claim_is_told_by_its_name(self):
        self.assertEqual(12, self.one(name="harness-0a1b2c3d-db12-ffffff").claims)
        self.assertEqual(15, self.one(name="harness-0a1b2c3d-notes15-ffffff").claims)
        self.assertTrue(self.one(name="harness-0a1b2c3d-notes15-ffffff").keeps_notes)
        self.assertFalse(self.one(name="harness-0a1b2c3d-db12-ffffff").keeps_notes)
        for name in ("", "harness", "harness-db12", "harness-XX1b2c3d-db1-f", "my-harness-db1-f"):
            self.assertIsNone(self.one(name=name).claims, name)

    def test_as_text_it_is_what_a_message_needs(self):
        self.assertEqual(
            "client 3 (no name, 127.0.0.1:56816), last command: blpop", str(self.one(cmd="blpop"))
        )


class PlainTest(unittest.TestCase):
    altered = (
        {"flags": "b"},
        {"db": 5},
        {"multi": 0, "flags": "x"},
        {"sub": 1},
        {"user": "guest"},
    )

    def test_a_connection_on_which_nothing_is_left_is_plain_at_a_glance_too(self):
        for layout in LAYOUTS:
            with self.subTest(layout):
                listing = line(layout) + line(layout, id=4)
                self.assertTrue(all_plain(listing, 4, "default"))
                self.assertTrue(all(c.is_plain(4, "default") for c in read_clients(listing)))

    def test_one_that_was_altered_is_not(self):
        for fields in self.altered:
            with self.subTest(fields):
                listing = line() + line(**fields)
                self.assertFalse(all_plain(listing, 4, "default"))
                self.assertFalse(all(c.is_plain(4, "default") for c in read_clients(listing)))

    def test_of_no_connection_nothing_is_left(self):
        self.assertTrue(all_plain(b"", 4, "default"))
