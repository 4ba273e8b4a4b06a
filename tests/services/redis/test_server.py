"""What a server says of itself."""

import unittest

from harness.core.endpoint import Endpoint
from harness.errors import StartError
from harness.services.redis.server import Server

REDIS = b"# Server\r\nredis_version:7.0.15\r\nredis_mode:standalone\r\n"
VALKEY = (
    b"# Server\r\nredis_version:7.2.4\r\nserver_name:valkey\r\n"
    b"valkey_version:9.1.2\r\nserver_mode:standalone\r\n"
)
MODULES = b"# Modules\r\nmodule:name=search,ver=20813,api=1\r\nmodule:name=ReJSON,ver=20609\r\n"
HERE = Endpoint("127.0.0.1", 6379)


class Answers:
    def __init__(self, *answers):
        self.answers = list(answers)

    def try_all(self, *commands):
        return self.answers


def server(info=REDIS, modules=b"# Modules\r\n", databases=(b"databases", b"16")):
    return Server.ask(Answers(info, modules, list(databases)))


class ServerTest(unittest.TestCase):
    def test_a_redis(self):
        found = server()

        self.assertEqual(("redis", "7.0.15", 16), (found.name, found.version, found.databases))
        self.assertEqual({"redis.version.7", "redis.server.redis"}, found.capabilities())
        self.assertEqual("Redis 7.0.15", str(found))

    def test_a_valkey_is_compatible_with_a_redis(self):
        found = server(VALKEY)

        self.assertEqual(("7.2.4", "9.1.2"), (found.redis_version, found.version))
        self.assertEqual({"redis.version.7", "redis.server.valkey"}, found.capabilities())
        self.assertEqual("Valkey 9.1.2", str(found))

    def test_modules_are_capabilities(self):
        self.assertLessEqual(
            {"redis.module.search", "redis.module.ReJSON"}, server(modules=MODULES).capabilities()
        )

    def test_what_a_server_does_not_tell_is_taken_as_usual(self):
        refusal = ValueError("NOPERM")

        found = Server.ask(Answers(REDIS, refusal, refusal))

        self.assertEqual((16, frozenset()), (found.databases, found.modules))

    def test_it_has_to_say_its_version(self):
        with self.assertRaises(ValueError):
            Server.ask(Answers(ValueError("NOPERM"), b"", [b"databases", b"16"]))


class CheckTest(unittest.TestCase):
    def refused(self, found, version=None):
        with self.assertRaises(StartError) as caught:
            found.check(HERE, version)
        return str(caught.exception)

    def test_what_fits_is_accepted(self):
        server().check(HERE, None)
        server().check(HERE, "7.0")
        server(VALKEY).check(HERE, "7.2")

    def test_one_that_is_too_old(self):
        text = self.refused(server(REDIS.replace(b"7.0.15", b"6.0.16")))

        self.assertIn("Redis 6.0.16 at 127.0.0.1:6379 is older than 6.2", text)

    def test_one_of_another_version(self):
        text = self.refused(server(VALKEY), "9")

        self.assertIn(
            "Valkey 9.1.2 at 127.0.0.1:6379 is compatible with Redis 7.2.4, "
            "and version='9' was asked for",
            text,
        )

    def test_a_node_of_a_cluster(self):
        for info in (REDIS, VALKEY):
            self.assertIn(
                "is a node of a cluster",
                self.refused(server(info.replace(b"standalone", b"cluster"))),
            )
