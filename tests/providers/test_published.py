"""Which digest a tag means now is asked of the registry, whichever way that wants to be asked."""

import hashlib
import http.server
import json
import os
import threading
import unittest

from harness.core.settings import Settings
from harness.errors import ImageError
from harness.providers.images import PINNED, image_named
from harness.providers.published import Repository, published_digest
from harness.providers.refreshing import Pin, pins_in, refreshed
from tests.integration.providers import on_one_python

MANIFEST = b'{"schemaVersion": 2}'
DIGEST = f"sha256:{hashlib.sha256(MANIFEST).hexdigest()}"
OLD = "sha256:" + "0" * 64


class Registry(http.server.BaseHTTPRequestHandler):
    """A registry with one image, `shop/web:1`, that wants a token, which everybody gets."""

    tells_digest = True

    def do_GET(self):
        self.server.asked.append(self.path)
        if self.path.startswith("/token"):
            self.answer(200, json.dumps({"token": "for-anybody"}).encode())
        elif self.path == "/v2/private/web/manifests/1":
            self.answer(401, b"", {"WWW-Authenticate": "Basic"})
        elif self.headers.get("Authorization") != "Bearer for-anybody":
            realm = f"http://127.0.0.1:{self.server.server_port}/token"
            challenge = f'Bearer realm="{realm}",service="ours",scope="repository:shop/web:pull"'
            self.answer(401, b"", {"WWW-Authenticate": challenge})
        elif self.path == "/v2/shop/web/manifests/1":
            told = {"Docker-Content-Digest": DIGEST} if self.tells_digest else {}
            self.answer(200, MANIFEST, told)
        else:
            self.answer(404, b"")

    def answer(self, code, body, headers=None):
        self.send_response(code)
        for name, text in {**(headers or {}), "Content-Length": str(len(body))}.items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


class Untelling(Registry):
    tells_digest = False


class AskingTest(unittest.TestCase):
    def registry(self, kind=Registry):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), kind)
        server.asked = []
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        self.addCleanup(server.server_close)
        self.addCleanup(thread.join)
        self.addCleanup(server.shutdown)
        self.host = f"127.0.0.1:{server.server_port}"
        return server

    def refused(self, name, tag):
        with self.assertRaises(ImageError) as caught:
            published_digest(name, tag)
        return str(caught.exception)

    def test_the_digest_is_told_to_whoever_gets_the_token_first(self):
        server = self.registry()

        self.assertEqual(DIGEST, published_digest(f"{self.host}/shop/web", "1"))
        self.assertEqual(
            [
                "/v2/shop/web/manifests/1",
                "/token?service=ours&scope=repository%3Ashop%2Fweb%3Apull",
                "/v2/shop/web/manifests/1",
            ],
            server.asked,
        )

    def test_a_digest_that_is_not_told_is_that_of_the_manifest(self):
        self.registry(Untelling)

        self.assertEqual(DIGEST, published_digest(f"{self.host}/shop/web", "1"))

    def test_a_tag_that_is_not_there_is_an_error_that_names_it(self):
        self.registry()

        self.assertEqual(
            f"no digest for {self.host}/shop/web:2: the registry answers 404 Not Found\n"
            "  likely cause: there is no such tag\n"
            "  next: look at the tag",
            self.refused(f"{self.host}/shop/web", "2"),
        )

    def test_a_private_image_is_an_error_that_says_so(self):
        self.registry()

        text = self.refused(f"{self.host}/private/web", "1")

        self.assertIn("private/web:1: the registry answers 401 Unauthorized", text)
        self.assertIn("likely cause: the image is private, or there is none", text)

    def test_a_registry_that_does_not_answer_is_an_error_that_names_what_was_asked(self):
        server = self.registry()
        server.shutdown()
        server.server_close()

        text = self.refused(f"{self.host}/shop/web", "1")

        self.assertIn(f"http://{self.host}/v2/shop/web/manifests/1 does not answer", text)
        self.assertIn("nothing was changed", text)


@on_one_python
class RealRegistryTest(unittest.TestCase):
    def test_a_real_registry_tells_what_was_pulled_from_it(self):
        image = image_named("postgres", Settings.read(environ=os.environ))
        if image.source == PINNED:
            self.skipTest("no registry of images of our own: HARNESS_IMAGES names none")

        self.assertEqual(image.digest, published_digest(image.name, image.tag))


class RepositoryTest(unittest.TestCase):
    def test_a_name_is_read_as_docker_reads_it(self):
        for name, url in (
            ("redis", "https://registry-1.docker.io/v2/library/redis/manifests/7"),
            ("apache/kafka", "https://registry-1.docker.io/v2/apache/kafka/manifests/7"),
            ("docker.io/redis", "https://registry-1.docker.io/v2/library/redis/manifests/7"),
            ("ghcr.io/shopify/toxiproxy", "https://ghcr.io/v2/shopify/toxiproxy/manifests/7"),
            ("mirror:5000/redis", "https://mirror:5000/v2/redis/manifests/7"),
            ("127.0.0.1:5000/a/b", "http://127.0.0.1:5000/v2/a/b/manifests/7"),
            ("localhost/a", "http://localhost/v2/a/manifests/7"),
        ):
            with self.subTest(name):
                self.assertEqual(url, Repository.of(name).manifest("7"))


class TextTest(unittest.TestCase):
    def test_images_are_found_in_any_text(self):
        for text, name in (
            ('{"redis": "redis:7.4-alpine@%s"}', "redis:7.4-alpine"),
            ("    image: mirror:5000/a/b:1.2_3@%s  # why", "mirror:5000/a/b:1.2_3"),
            ("FROM --platform=linux/amd64 apache/kafka:4.1.1@%s AS broker", "apache/kafka:4.1.1"),
            ("IMAGE=ghcr.io/shopify/toxiproxy:2.12.0@%s", "ghcr.io/shopify/toxiproxy:2.12.0"),
        ):
            with self.subTest(text):
                self.assertEqual([name], [str(pin) for pin in pins_in(text % OLD)])

    def test_what_has_no_tag_or_no_digest_is_left_alone(self):
        for text in ("redis:7", f"redis@{OLD}", "sha256:" + "0" * 64):
            with self.subTest(text):
                self.assertEqual([], pins_in(text))

    def test_only_digests_change_and_all_of_them(self):
        text = f"a: redis:7@{OLD}\nb: redis:8@{OLD}\nc: redis:7@{OLD} # {OLD}\n"
        new = {"7": DIGEST, "8": OLD}

        self.assertEqual(
            f"a: redis:7@{DIGEST}\nb: redis:8@{OLD}\nc: redis:7@{DIGEST} # {OLD}\n",
            refreshed(text, lambda pin: new[pin.tag]),
        )
        self.assertEqual(Pin("redis", "7", OLD), pins_in(text)[0])
