"""`harness images refresh`: the digests in files become those that tags mean now."""

import sys
from unittest import mock

from harness.errors import ImageError
from tests.cli.test_main import CommandTest

OLD, NEW = "sha256:" + "0" * 64, "sha256:" + "1" * 64


class RefreshTest(CommandTest):
    def setUp(self):
        super().setUp()
        self.published = {("redis", "7"): NEW, ("postgres", "17"): OLD}
        asked = mock.patch("harness.providers.published.published_digest", self.digest)
        self.enterContext(asked)
        self.asked = []

    def digest(self, name, tag):
        self.asked.append(name)
        if (name, tag) not in self.published:
            raise ImageError(f"no digest for {name}:{tag}")
        return self.published[name, tag]

    def refresh(self, *arguments, code=0):
        done = self.run_command("images", "refresh", *arguments)
        self.assertEqual(code, done.exit_code, done.output)
        return done.output

    def test_each_image_is_asked_for_once_and_told(self):
        text = '{"a": "redis:7@%s", "b": "postgres:17@%s"}\r\n'
        images = self.write("images.json", text % (OLD, OLD))
        other = self.write("ci.yml", f"image: redis:7@{OLD}\n")

        said = self.refresh("images.json", "ci.yml")

        self.assertEqual(
            "redis:7 was sha256:000000000000, is now sha256:111111111111\n"
            "postgres:17 is sha256:000000000000 as before\n"
            "wrote images.json\n"
            "wrote ci.yml\n",
            said,
        )
        self.assertEqual(["redis", "postgres"], self.asked)
        self.assertEqual((text % (NEW, OLD)).encode(), images.read_bytes())
        self.assertEqual(f"image: redis:7@{NEW}\n", other.read_text())

    def test_what_is_as_it_was_is_not_written(self):
        self.write("images.json", f"postgres:17@{OLD}")

        self.assertTrue(self.refresh("images.json").endswith("as before\nnothing to write\n"))

    def test_a_dry_run_writes_nothing(self):
        text = f"redis:7@{OLD}"
        images = self.write("images.json", text)

        self.assertIn("would write images.json\n", self.refresh("images.json", "--dry-run"))
        self.assertEqual(text, images.read_text())

    def test_nothing_is_written_where_one_digest_cannot_be_found_out(self):
        text = f"redis:7@{OLD} gone:1@{OLD}"
        images = self.write("images.json", text)

        self.assertIn("harness: no digest for gone:1\n", self.refresh("images.json", code=2))
        self.assertEqual(text, images.read_text())

    def test_a_file_that_names_no_image_is_refused(self):
        self.write("empty.json", "{}")

        self.assertEqual(
            "harness: empty.json names no image as NAME:TAG@sha256:DIGEST\n"
            "  next: `harness init ci` writes such an images.json\n",
            self.refresh("empty.json", code=2),
        )
        self.assertIn("missing.json cannot be read", self.refresh("missing.json", code=2))


class FetchTest(CommandTest):
    """What is told before Docker is asked; the rest is in `tests.integration.test_images`."""

    def test_without_a_file_of_images_one_has_to_be_named(self):
        done = self.run_command("images", "fetch", "kept")

        self.assertEqual(2, done.exit_code)
        self.assertIn("no image was named", done.output)
        self.assertIn("next: name some, or a file in HARNESS_IMAGES", done.output)

    def test_without_the_extra_it_says_so(self):
        missing = mock.patch.dict(sys.modules, {"testcontainers.core.docker_client": None})
        there = mock.patch("harness.providers.daemon.refusal", return_value=None)
        with missing, there:
            done = self.run_command("images", "fetch", "kept", "redis")

        self.assertEqual(2, done.exit_code)
        self.assertIn("harness: testcontainers is not installed\n", done.output)
        self.assertIn('next: pip install "unittest-harness[docker]"', done.output)

    def test_without_a_daemon_it_says_so(self):
        self.environment(DOCKER_HOST="unix:///nowhere")

        done = self.run_command("images", "fetch", "kept", "redis")

        self.assertEqual(2, done.exit_code)
        self.assertIn("images are fetched by Docker", done.output)
        self.assertIn("likely cause: no Docker daemon at unix:///nowhere", done.output)
