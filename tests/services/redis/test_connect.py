"""URLs of numbered databases, and what keeps us out."""

import unittest
from unittest import mock

from harness.core.endpoint import Endpoint
from harness.errors import MissingExtraError, StartError
from harness.services.redis import connect
from harness.services.redis.connect import parameters, url_of
from harness.services.redis.instance import named


class Running:
    def __init__(self, url=None, endpoint=None):
        self.provenance = f"REDIS_URL={url}" if url else "Redis 7.0.15 in /usr/bin"
        self.endpoint = endpoint or Endpoint.parse(url, 6379)


class UrlTest(unittest.TestCase):
    def test_it_names_the_database_whatever_the_given_one_names(self):
        for given in ("redis://host", "redis://host/0", "redis://host/7", "redis://host?db=7"):
            self.assertEqual("redis://host:6379/3", url_of(Running(given), 3), given)

    def test_it_keeps_tls_user_password_and_options(self):
        self.assertEqual(
            "rediss://me:a%2Fb@host:7000/3?ssl_cert_reqs=none",
            url_of(Running("rediss://me:a%2Fb@host:7000?ssl_cert_reqs=none&db=1"), 3),
        )

    def test_a_password_alone_is_the_default_users(self):
        url = url_of(Running("redis://:secret@host"), 3)

        self.assertEqual("redis://default:secret@host:6379/3", url)
        self.assertEqual("'redis://default:***@host:6379/3'", repr(url))

    def test_a_server_of_ours(self):
        endpoint = Endpoint("127.0.0.1", 4711, user="default", password="x")

        self.assertEqual("redis://default:x@127.0.0.1:4711/1", url_of(Running(None, endpoint), 1))

    def test_redis_py_reads_it(self):
        found = parameters(url_of(Running("redis://:a%2Fb@host?db=9"), 3))

        self.assertEqual((3, "a/b", "host"), (found["db"], found["password"], found["host"]))

    def test_the_database_that_a_url_names(self):
        for url, number in {
            "redis://host": 0,
            "redis://host/": 0,
            "redis://host/4": 4,
            "redis://host/4?db=5": 5,
        }.items():
            self.assertEqual(number, named(Endpoint.parse(url, 6379)), url)
        with self.assertRaisesRegex(StartError, "names the database 'shop', which is no number"):
            named(Endpoint.parse("redis://host/shop", 6379))


class MissingTest(unittest.TestCase):
    def test_a_client_that_is_missing_names_the_extra(self):
        with (
            mock.patch.dict("sys.modules", {"redis": None}),
            self.assertRaises(MissingExtraError) as caught,
        ):
            connect.driver()

        self.assertIn('pip install "unittest-harness[redis]"', str(caught.exception))
