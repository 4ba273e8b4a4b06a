"""`harness images fetch`: images come from a directory that outlives the machine they were on."""

import json
import unittest

from harness import Container, Environment, Line
from harness.core.settings import Settings
from harness.errors import StartError
from harness.providers import daemon
from harness.providers.images import image_named
from harness.providers.pulling import file_of, present, saved_tag
from tests.cli.test_main import CommandTest
from tests.integration import published
from tests.integration.providers import on_one_python
from tests.integration.sandbox import docker_client
from tests.support.mounts import fill, small_disk


@on_one_python
class FetchTest(CommandTest):
    """On an image of a few bytes, in the registry of this machine."""

    def setUp(self):
        refused = daemon.refusal(daemon.docker_host())
        if refused is not None:
            raise unittest.SkipTest(refused)
        reference = published.of_another_machine(self)
        super().setUp()
        self.images = self.write("images.json", json.dumps({"tiny": reference}))
        self.kept = self.directory / "kept"
        self.settings = Settings.read(environ={"HARNESS_IMAGES": str(self.images)})
        self.image = image_named("tiny", self.settings)
        self.file = file_of(self.image, self.kept)
        self.leave()
        self.addCleanup(self.leave)

    def leave(self):
        """Go to another machine, where nothing is but files."""
        while (reference := present(docker_client(), self.image)) is not None:
            docker_client().images.remove(reference, force=True)

    def fetch(self, *names, code=0):
        done = self.run_command(
            "--set", f"images={self.images}", "images", "fetch", str(self.kept), *names
        )
        self.assertEqual(code, done.exit_code, done.output)
        return done.output if code else done.stdout  # a warning of another test's may be beside it

    def test_what_was_pulled_once_is_loaded_from_the_directory(self):
        pulled = f"tiny: pulled, and saved as {self.file}\n"
        self.assertEqual(pulled, self.fetch())
        self.assertEqual("tiny: is on this machine\n", self.fetch("tiny"))

        self.leave()

        self.assertEqual(f"tiny: loaded from {self.file}\n", self.fetch())
        self.assertEqual([self.file], list(self.kept.iterdir()))

    def test_what_was_loaded_is_what_containers_are_made_of(self):
        self.fetch()
        self.leave()
        self.fetch()
        # As Docker's older store has it: by its digest it is not known, nor in the registry.
        elsewhere = f"127.0.0.1:1/tiny@{self.image.digest}"

        with (
            Environment(self.settings, providers="docker", state_dir=str(self.directory)) as made,
            self.assertRaisesRegex(StartError, "exec format error"),  # so there was an image
        ):
            made.lease(Container(elsewhere, ready=Line("begun")))

    def test_half_a_file_is_pulled_again(self):
        self.fetch()
        whole = self.file.read_bytes()
        for broken in (whole[: len(whole) // 2], b"", b"no archive"):
            with self.subTest(broken=broken[:10]):
                self.leave()
                self.file.write_bytes(broken)

                self.assertIn("tiny: pulled", self.fetch())
                self.assertEqual(len(whole), self.file.stat().st_size)

    def test_files_of_other_digests_are_removed(self):
        self.kept.mkdir()
        old, other = self.kept / f"{'0' * 64}.tar", self.kept / "notes.txt"
        old.touch()
        other.touch()

        self.assertIn(f"removed {old}: no entry has its digest\n", self.fetch())
        self.assertEqual({self.file, other}, set(self.kept.iterdir()))

    def test_a_directory_that_is_none_is_an_error(self):
        self.kept.symlink_to("/dev/full")

        self.assertIn(f"harness: {self.kept} is no directory for images: ", self.fetch(code=2))

    def test_a_full_disk_leaves_no_half_file(self):
        filler = fill(small_disk(self, self.kept))

        self.assertIn("likely cause: the disk is full", self.fetch(code=2))
        self.assertEqual([filler], list(self.kept.iterdir()))

    def test_an_image_that_no_registry_has_is_named(self):
        missing = json.dumps({"none": f"{self.image.name}@sha256:{'0' * 64}"})
        self.images = self.write("missing.json", missing)

        said = self.fetch(code=2)

        self.assertIn(f"harness: {self.image.name}@sha256:000000000000 could not be fetched", said)
        self.assertIn("likely cause: the registry has no image of that digest", said)
        self.assertIn("or name a mirror's image for 'none' in a file in HARNESS_IMAGES", said)

    def test_the_tag_of_a_saved_image_has_its_digest(self):
        self.assertEqual(
            f"harness/saved:{self.image.digest.removeprefix('sha256:')}", saved_tag(self.image)
        )
