"""What a test changed in a server's configuration."""

import json
import unittest

import redis

from harness.services.redis.configuration import Change, Configuration, changed

STATS = b"# Commandstats\r\ncmdstat_set:calls=5,usec=9\r\n%scmdstat_get:calls=1,usec=2\r\n"


class ScriptedSession:
    """A server with settings, to which others may send commands, too."""

    def __init__(self, **settings):
        self.settings = settings
        self.sets = 0
        self.flushes = 0
        self.note = None
        self.asked = []

    @property
    def stats(self):
        lines = b""
        if self.flushes:
            lines += b"cmdstat_flushall:calls=%d,usec=9\r\n" % self.flushes
        if self.sets:
            lines += b"cmdstat_config|set:calls=%d,usec=3\r\n" % self.sets
        return STATS % lines

    def try_all(self, *commands):
        return [self.ask(*command) for command in commands]

    ask_all = try_all

    def ask(self, *command):
        self.asked.append(command)
        if command == ("INFO", "commandstats"):
            return self.stats
        if command[:2] == ("CONFIG", "GET"):
            return [part.encode() for pair in self.settings.items() for part in pair]
        if command[:2] == ("CONFIG", "SET"):
            return self.set(*command[2:])
        if command[0] == "SET":
            self.note = self.note or command[2].encode()
        return self.note

    def set(self, name, value):
        self.sets += 1
        if name == "port":
            raise redis.ResponseError("can't set immutable config")
        self.settings[name] = value


class ConfigurationTest(unittest.TestCase):
    def setUp(self):
        self.session = ScriptedSession(maxmemory="0", hz="10", port="1")
        self.configuration = Configuration(self.session, strange=True)

    def changes(self):
        return self.configuration.changes(self.session, self.session.stats)

    def test_nothing_is_compared_where_no_command_has_changed_any(self):
        self.session.asked.clear()

        self.assertEqual([], self.changes())
        self.assertEqual([], self.session.asked)

    def test_what_was_changed_is_told_once_and_put_back(self):
        self.session.set("maxmemory", "1mb")

        self.assertEqual([Change("maxmemory", "0", "1mb")], self.changes())
        self.assertEqual("0", self.session.settings["maxmemory"])
        self.assertEqual([], self.changes())

    def test_what_cannot_be_put_back_says_why(self):
        self.session.sets += 1
        self.session.settings["port"] = "2"

        (change,) = self.changes()

        self.assertEqual(
            "port from '1' to '2', and could not be put back: can't set immutable config",
            str(change),
        )

    def test_a_flush_of_all_is_noticed_until_the_next_look(self):
        self.assertFalse(self.configuration.has_flushed(self.session.stats))
        self.session.flushes += 1
        self.assertTrue(self.configuration.has_flushed(self.session.stats))
        self.changes()
        self.assertFalse(self.configuration.has_flushed(self.session.stats))

    def test_the_first_of_several_processes_says_how_it_was(self):
        session = ScriptedSession(maxmemory="0")
        Configuration(session, strange=False)
        session.set("maxmemory", "1mb")  # by a test of the first one, while the second one comes
        second = Configuration(session, strange=False)
        session.set("maxmemory", "2mb")

        changes = second.changes(session, session.stats)

        self.assertEqual([Change("maxmemory", "0", "2mb")], changes)
        self.assertEqual({"maxmemory": "0"}, json.loads(session.note))

    def test_on_somebody_elses_server_nothing_is_written(self):
        self.assertNotIn("SET", [command[0] for command in self.session.asked])


class WordsTest(unittest.TestCase):
    def test_the_error_names_setting_old_and_new_value_and_who_else_it_may_have_been(self):
        text = str(changed([Change("maxmemory", "0", "1mb"), Change("hz", "10", "20")]))

        self.assertIn("maxmemory from '0' to '1mb', hz from '10' to '20'", text)
        self.assertIn("where processes share the server, another one did", text)

    def test_secrets_are_not_shown(self):
        for name in ("requirepass", "masterauth", "tls-key-file-pass"):
            text = str(changed([Change(name, "old-secret", "new-secret")]))
            self.assertIn(name, text)
            self.assertNotIn("secret'", text)
