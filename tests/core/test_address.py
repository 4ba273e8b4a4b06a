"""The address of a service, as another one is told it."""

import unittest

from harness import Container, Postgres
from harness.core.address import Address, services_in
from harness.core.endpoint import Endpoint
from harness.errors import ServiceDefinitionError


class AddressTest(unittest.TestCase):
    endpoint = Endpoint("h", 1, "me", "a/b", "shop", options=(("sslmode", "disable"),))

    def test_all_gaps_are_filled_in(self):
        template = "{host} {port} {user} {password} {database} {url}"

        self.assertEqual(
            "h 1 me a/b shop postgresql://me:a%2Fb@h:1/shop?sslmode=disable",
            Postgres().address(template).filled(self.endpoint),
        )

    def test_by_default_it_is_host_and_port(self):
        self.assertEqual("h:1", Container("r").address().filled(self.endpoint))

    def test_other_braces_stay(self):
        address = Container("r").address('{"at": {"host": "{host}"}, "{}": ${x-y}}')

        self.assertEqual('{"at": {"host": "h"}, "{}": ${x-y}}', address.filled(self.endpoint))

    def test_an_unknown_gap_names_the_nearest(self):
        with self.assertRaises(ServiceDefinitionError) as caught:
            Postgres().address("{hots}")

        self.assertEqual(
            "address('{hots}'): unknown gap {hots}\n  next: did you mean host?",
            str(caught.exception),
        )

    def test_a_service_without_a_url_of_its_own_says_what_to_write(self):
        with self.assertRaises(ServiceDefinitionError) as caught:
            Container("r").address("{url}")

        self.assertIn("Container(image='r') has no kind of URL of its own", str(caught.exception))
        self.assertIn('next: write it out, such as address("http://', str(caught.exception))

    def test_equal_addresses_are_equal_and_name_their_service(self):
        address = Postgres(alias="db").address("{port}")

        self.assertEqual({address}, {Address(Postgres(alias="db"), "{port}")})
        self.assertEqual("Postgres(alias='db').address('{port}')", repr(address))
        self.assertEqual((Postgres(alias="db"),), services_in({"A": "text", "B": address}))
