"""Images come from one file, pinned by digest, and from the file that overrides it."""

import json
import unittest

from harness.errors import ConfigurationError
from harness.providers.images import PINNED, REFERENCE, image_named, parse
from tests.support.unit import IS_ROOT, NO_PERMISSIONS, DirectoryTest

DIGEST = "sha256:" + "a1" * 32


class OursTest(unittest.TestCase):
    def test_every_image_is_pinned(self):
        for name, reference in json.loads(PINNED.read_text()).items():
            with self.subTest(name):
                self.assertRegex(reference, REFERENCE)
                self.assertNotIn("latest", reference)
                self.assertTrue(parse(name, reference, PINNED).version)


class ParseTest(unittest.TestCase):
    def test_all_parts_are_read(self):
        image = parse("x", f"mirror:5000/lib/postgres:17.6-alpine@{DIGEST}", PINNED)

        self.assertEqual("mirror:5000/lib/postgres", image.name)
        self.assertEqual(("17.6-alpine", "17.6", DIGEST), (image.tag, image.version, image.digest))
        self.assertEqual(f"mirror:5000/lib/postgres@{DIGEST}", image.reference)
        self.assertEqual("mirror:5000/lib/postgres:17.6-alpine@sha256:a1a1a1a1a1a1", str(image))

    def test_a_tag_may_be_missing(self):
        image = parse("x", f"mirror:5000/postgres@{DIGEST}", PINNED)

        self.assertEqual(("mirror:5000/postgres", ""), (image.name, image.tag))

    def test_what_is_not_pinned_is_refused(self):
        for reference in (
            "postgres",
            "postgres:17",
            "postgres@sha256:abc",
            f"postgres:17{DIGEST}",
            "",
        ):
            with self.subTest(reference), self.assertRaises(ConfigurationError) as caught:
                parse("x", reference, PINNED)
            self.assertIn("is not pinned", str(caught.exception))
            self.assertIn("docker inspect", caught.exception.hint)


class OverrideTest(DirectoryTest):
    def image(self, name, text):
        path = self.write("images.json", text)
        return image_named(name, self.settings(HARNESS_IMAGES=str(path)))

    def refused(self, name, text):
        with self.assertRaises(ConfigurationError) as caught:
            self.image(name, text)
        return str(caught.exception)

    def test_without_a_file_ours_is_taken(self):
        self.assertEqual(PINNED, image_named("postgres", self.settings()).source)

    def test_an_entry_overrides_ours_by_name(self):
        image = self.image("postgres", json.dumps({"postgres": f"mirror/pg:16@{DIGEST}"}))

        self.assertEqual("mirror/pg", image.name)
        self.assertEqual(self.directory / "images.json", image.source)

    def test_a_pinned_reference_needs_no_entry(self):
        image = image_named(f"mirror:5000/redis:7@{DIGEST}", self.settings())

        self.assertEqual(("mirror:5000/redis", "7", None), (image.name, image.tag, image.source))
        self.assertEqual(f"mirror:5000/redis:7@{DIGEST[:19]}", str(image))
        self.assertEqual(
            f"redis@{DIGEST[:19]}", str(image_named(f"redis@{DIGEST}", self.settings()))
        )

    def test_a_reference_that_is_not_pinned_says_how_to_pin_it(self):
        for reference in ("redis:7", "mirror/redis", "redis@latest"):
            with self.assertRaises(ConfigurationError) as caught:
                image_named(reference, self.settings())
            self.assertEqual(
                f"the image {reference!r} is not pinned by its digest\n"
                "  likely cause: a tag can mean another image tomorrow\n"
                "  next: write NAME:TAG@sha256:DIGEST; "
                "`docker inspect --format '{{index .RepoDigests 0}}' IMAGE` shows it",
                str(caught.exception),
            )

    def test_an_entry_may_be_new(self):
        self.assertEqual("pg", self.image("mine", json.dumps({"mine": f"pg@{DIGEST}"})).name)

    def test_what_it_does_not_name_stays_ours(self):
        self.assertEqual(PINNED, self.image("postgres", "{}").source)

    def test_an_unknown_name_gives_the_nearest_of_both_files(self):
        message = self.refused("mined", json.dumps({"mine": f"pg@{DIGEST}"}))

        self.assertEqual(
            "no image is named 'mined'\n"
            "  likely cause: images come only from images.json and the file in HARNESS_IMAGES\n"
            "  next: add it to a file and name that in HARNESS_IMAGES; did you mean mine?",
            message,
        )
        self.assertIn("did you mean postgres?", self.refused("postgress", "{}"))

    def test_a_file_that_is_no_json_is_an_error(self):
        self.assertRegex(
            self.refused("postgres", "postgres = x"),
            r"the images file .* cannot be read: Expecting",
        )

    def test_a_file_of_another_form_is_an_error(self):
        for text in ("[]", '"x"', '{"postgres": 1}', '{"postgres": null}'):
            with self.subTest(text):
                path = self.write(f"{abs(hash(text))}.json", text)
                with self.assertRaisesRegex(ConfigurationError, "is not a JSON object of texts"):
                    image_named("postgres", self.settings(HARNESS_IMAGES=str(path)))

    def test_a_missing_file_is_an_error(self):
        with self.assertRaisesRegex(ConfigurationError, "cannot be read: .*No such file"):
            image_named("postgres", self.settings(HARNESS_IMAGES="nowhere.json"))

    @unittest.skipIf(IS_ROOT, NO_PERMISSIONS)
    def test_a_file_that_we_may_not_read_is_an_error(self):
        self.write("images.json").chmod(0)

        with self.assertRaisesRegex(ConfigurationError, "cannot be read: .*Permission denied"):
            image_named("postgres", self.settings(HARNESS_IMAGES="images.json"))
