"""Choosing where a service runs: the first provider that can, or every reason."""

from dataclasses import dataclass

from harness import Postgres
from harness.core.choice import choose
from harness.core.recipe import UrlRecipe
from harness.errors import ConfigurationError, RequiredError, UnavailableError
from tests.support.fakes import Fake, Journal
from tests.support.unit import DirectoryTest


@dataclass(frozen=True, repr=False)
class Anywhere(Fake):
    """A fake whose every provider is named by a variable of its own."""

    def recipe(self, provider):
        return UrlRecipe("FAKE_URL", 1, ("fake",)) if provider == "external" else f"not {provider}"


class ChoiceTest(DirectoryTest):
    def setUp(self):
        super().setUp()
        self.fake = Anywhere(Journal())

    def refused(self, service=None, **variables):
        with self.assertRaises(UnavailableError) as caught:
            choose(service or self.fake, self.settings(**variables))
        return caught.exception

    def test_the_first_that_can_is_chosen(self):
        choice = choose(self.fake, self.settings(FAKE_URL="fake://h"))

        self.assertEqual("external", choice.provider.name)
        self.assertEqual("FAKE_URL=fake://h", choice.description)
        self.assertEqual((), choice.refusals)

    def test_those_before_it_are_named_with_their_reasons(self):
        choice = choose(
            self.fake, self.settings(FAKE_URL="fake://h", HARNESS_PROVIDERS="docker,external")
        )

        self.assertEqual((("docker", "not docker"),), choice.refusals)
        self.assertEqual(
            "fake on external (FAKE_URL=fake://h); not docker: not docker", choice.sentence("fake")
        )

    def test_the_sentence_does_not_show_a_password(self):
        choice = choose(self.fake, self.settings(FAKE_URL="fake://me:secret@h"))

        self.assertEqual("fake on external (FAKE_URL=fake://me:***@h)", choice.sentence("fake"))

    def test_where_none_can_every_reason_is_given(self):
        error = self.refused()

        self.assertNotIsInstance(error, RequiredError)
        self.assertEqual(
            "no provider can run Fake(name='db')\n"
            "    external: FAKE_URL is not set\n"
            "    docker: not docker\n"
            "    embedded: not embedded\n"
            "  next: run `harness doctor` to see what to install",
            str(error),
        )

    def test_providers_that_are_left_out_are_not_asked(self):
        error = self.refused(FAKE_URL="fake://h", HARNESS_PROVIDERS="docker")

        self.assertEqual("docker: not docker", error.detail)

    def test_one_service_can_have_its_own_order(self):
        error = self.refused(FAKE_URL="fake://h", HARNESS_PROVIDERS="external,fake=embedded")

        self.assertEqual("embedded: not embedded", error.detail)

    def test_a_required_service_that_is_nowhere_is_another_error(self):
        for text in ("all", "fake", "fake@external"):
            with self.subTest(text):
                error = self.refused(HARNESS_REQUIRE=text, HARNESS_PROVIDERS="docker")
                self.assertIsInstance(error, RequiredError)
                self.assertIn("and it is required", str(error))

    def test_a_required_pair_that_refuses_is_an_error_though_another_could(self):
        error = self.refused(HARNESS_PROVIDERS="external", HARNESS_REQUIRE="fake@external")

        self.assertIsInstance(error, RequiredError)
        self.assertEqual("FAKE_URL is not set", error.cause)

    def test_a_required_pair_that_the_declaration_excludes_is_no_error(self):
        choice = choose(
            self.fake,
            self.settings(
                FAKE_URL="fake://h",
                HARNESS_PROVIDERS="docker,external",
                HARNESS_REQUIRE="fake@docker",
            ),
        )

        self.assertEqual((("docker", "not docker"),), choice.refusals)

    def test_an_exclusive_service_never_runs_on_somebody_elses_server(self):
        error = self.refused(
            Postgres(exclusive=True),
            HARNESS_PROVIDERS="external",
            DATABASE_URL="postgresql://localhost",
        )

        self.assertIn("external: exclusive=True was asked for", str(error))

    def test_a_required_pair_that_is_not_asked_is_no_error(self):
        choice = choose(
            self.fake, self.settings(FAKE_URL="fake://h", HARNESS_REQUIRE="fake@docker")
        )

        self.assertEqual("external", choice.provider.name)

    def test_an_unknown_image_is_an_error_and_no_skip(self):
        with self.assertRaises(ConfigurationError) as caught:
            choose(Postgres(image="postgras"), self.settings(HARNESS_PROVIDERS="docker"))

        self.assertIn("no image is named 'postgras'", str(caught.exception))
        self.assertIn("did you mean postgres?", str(caught.exception))

    def test_an_image_excludes_every_provider_but_docker(self):
        error = self.refused(
            Postgres(image="postgres"),
            HARNESS_PROVIDERS="external,embedded",
            DATABASE_URL="postgresql://localhost",
        )

        self.assertEqual(
            "external: image='postgres' was asked for\nembedded: image='postgres' was asked for",
            error.detail,
        )
