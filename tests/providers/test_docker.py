"""What the Docker provider decides without a daemon."""

import json
import os
import sys
import unittest
from unittest import mock

from harness.core.endpoint import Endpoint
from harness.core.recipe import ContainerRecipe
from harness.providers import docker
from harness.providers.images import image_named
from tests.support.unit import DirectoryTest, listening

DIGEST = "sha256:" + "a1" * 32
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK"


def recipe(**options):
    return ContainerRecipe("postgres", 5432, Endpoint("", 0), **options)


class RefusalTest(DirectoryTest):
    def setUp(self):
        super().setUp()
        self.write("images.json", json.dumps({"postgres": f"pg:17.6-alpine@{DIGEST}"}))

    def refusal(self, **options):
        settings = self.settings(HARNESS_IMAGES="images.json")
        return docker.PROVIDER.refusal(recipe(**options), settings)

    def test_a_daemon_that_answers_will_do(self):
        with listening(self.directory / "d.sock", OK) as host:
            self.environment(DOCKER_HOST=host)
            self.assertIsNone(self.refusal())

    def test_without_a_daemon_it_says_which_one_was_asked(self):
        host = f"unix://{self.directory}/none.sock"
        self.environment(DOCKER_HOST=host)

        self.assertEqual(f"no Docker daemon at {host}", self.refusal())

    def test_another_version_is_refused_before_anybody_is_asked(self):
        self.environment(DOCKER_HOST="unix:///nowhere")

        self.assertEqual(
            "version 16 was asked for, and images.json pins postgres 17.6",
            self.refusal(version="16"),
        )
        self.assertIn("version 1 was asked for", self.refusal(version="1"))

    def test_a_part_of_the_version_will_do(self):
        self.environment(DOCKER_HOST="unix:///nowhere")

        for version in ("17", "17.6"):
            self.assertEqual("no Docker daemon at unix:///nowhere", self.refusal(version=version))

    def test_without_its_client_it_names_the_extra(self):
        with mock.patch("importlib.util.find_spec", lambda name: None):
            self.assertEqual(
                'testcontainers is not installed: pip install "unittest-harness[docker]"',
                self.refusal(),
            )

    def test_asking_imports_no_client(self):
        self.environment(DOCKER_HOST="unix:///nowhere")
        before = set(sys.modules)

        self.refusal()

        self.assertFalse({"docker", "testcontainers"} & (set(sys.modules) - before))

    def test_it_describes_the_image(self):
        settings = self.settings(HARNESS_IMAGES="images.json")

        self.assertEqual(
            "pg:17.6-alpine@sha256:a1a1a1a1a1a1", docker.PROVIDER.describe(recipe(), settings)
        )


class FailureTest(DirectoryTest):
    def message(self, error):
        image = image_named("postgres", self.settings())
        return str(docker.failed(recipe(), image, error))

    def test_an_image_that_is_nowhere_names_the_registry_and_a_mirror(self):
        from docker.errors import ImageNotFound

        message = self.message(ImageNotFound("404", explanation="manifest unknown"))

        self.assertIn("no container could be started from postgres@sha256:", message)
        self.assertIn(": manifest unknown\n", message)
        self.assertIn("the registry has no image of that digest, or it is private", message)
        self.assertIn("next: try `docker pull postgres@sha256:", message)
        self.assertIn("'postgres' in a file in HARNESS_IMAGES", message)

    def test_a_registry_that_cannot_be_reached_is_the_cause(self):
        for text in ("dial tcp 1.2.3.4:443: i/o timeout", "lookup registry.example on 1.1.1.1"):
            self.assertIn(
                "likely cause: the registry cannot be reached", self.message(OSError(text))
            )

    def test_another_failure_has_no_cause(self):
        self.assertNotIn("likely cause", self.message(OSError("broken")))


class VariableTest(unittest.TestCase):
    def test_a_variable_is_put_back(self):
        with mock.patch.dict(os.environ, {"A_VARIABLE": "before"}):
            with docker.kept("A_VARIABLE"):
                os.environ["A_VARIABLE"] = "within"
            self.assertEqual("before", os.environ["A_VARIABLE"])

    def test_a_variable_that_was_not_there_is_away_again(self):
        with mock.patch.dict(os.environ):
            os.environ.pop("A_VARIABLE", None)
            with docker.kept("A_VARIABLE"):
                os.environ["A_VARIABLE"] = "within"
            self.assertNotIn("A_VARIABLE", os.environ)
            with docker.kept("A_VARIABLE"):
                pass
