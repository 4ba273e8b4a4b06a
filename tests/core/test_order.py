"""The order of the providers, and what is required."""

import unittest

from harness.core.order import PROVIDERS, ProviderOrder, Requirement
from harness.errors import ConfigurationError, UnknownProviderError


class ProviderOrderTest(unittest.TestCase):
    def test_the_order_is_as_written_and_excludes_the_rest(self):
        self.assertEqual(("embedded", "docker"), ProviderOrder.parse("embedded, docker").of("x"))

    def test_one_service_can_have_its_own(self):
        order = ProviderOrder.parse("embedded,kafka=docker")

        self.assertEqual(("embedded",), order.of("postgres"))
        self.assertEqual(("docker",), order.of("kafka"))

    def test_a_service_named_twice_has_two_choices(self):
        order = ProviderOrder.parse("embedded,kafka=docker,kafka = external")

        self.assertEqual(("docker", "external"), order.of("kafka"))

    def test_with_services_alone_the_others_keep_all_providers(self):
        order = ProviderOrder.parse("kafka=docker")

        self.assertEqual(PROVIDERS, order.of("postgres"))
        self.assertEqual(("docker",), order.of("kafka"))

    def test_lines_part_as_commas_do(self):
        self.assertEqual(
            ("docker", "embedded"), ProviderOrder.parse("\ndocker\nembedded\n").default
        )

    def test_an_empty_list_is_an_error(self):
        for text in ("", " , ", "\n"):
            with (
                self.subTest(text),
                self.assertRaisesRegex(ConfigurationError, "known are: external, docker, embedded"),
            ):
                ProviderOrder.parse(text)

    def test_an_unknown_provider_names_the_nearest(self):
        for text in ("embeded", "kafka=embeded"):
            with (
                self.subTest(text),
                self.assertRaisesRegex(UnknownProviderError, "'embeded'\n.*did you mean embedded"),
            ):
                ProviderOrder.parse(text)

    def test_a_misspelt_service_names_the_nearest(self):
        for parse, text in (
            (ProviderOrder.parse, "postgress=docker"),
            (Requirement.parse, "postgress"),
            (Requirement.parse, "postgre@docker"),
        ):
            with (
                self.subTest(text),
                self.assertRaisesRegex(ConfigurationError, "did you mean postgres"),
            ):
                parse(text)

    def test_a_provider_in_the_place_of_a_service_is_told_where_it_belongs(self):
        with self.assertRaisesRegex(ConfigurationError, "write SERVICE@docker"):
            Requirement.parse("docker")


class RequirementTest(unittest.TestCase):
    def test_nothing_is_required_by_default(self):
        requirement = Requirement.parse("")

        self.assertFalse(requirement.demands_any("postgres"))
        self.assertFalse(requirement.demands("postgres", "docker"))

    def test_all_demands_every_service_but_no_provider(self):
        requirement = Requirement.parse("all")

        self.assertTrue(requirement.demands_any("postgres"))
        self.assertFalse(requirement.demands("postgres", "docker"))

    def test_a_service_demands_itself_alone(self):
        requirement = Requirement.parse("postgres, redis")

        self.assertTrue(requirement.demands_any("redis"))
        self.assertFalse(requirement.demands_any("kafka"))

    def test_a_pair_demands_its_provider_and_its_service(self):
        requirement = Requirement.parse("postgres@docker,postgres@embedded")

        self.assertTrue(requirement.demands("postgres", "docker"))
        self.assertFalse(requirement.demands("postgres", "external"))
        self.assertTrue(requirement.demands_any("postgres"))
        self.assertFalse(requirement.demands_any("redis"))

    def test_a_pair_of_an_unknown_provider_is_an_error(self):
        with self.assertRaisesRegex(UnknownProviderError, "did you mean docker"):
            Requirement.parse("postgres@dockr")
