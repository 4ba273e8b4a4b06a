"""A service is a frozen, hashable value; a class shows it, a running test its lease."""

import copy
import dataclasses
import pickle
import unittest
from dataclasses import dataclass

from harness.core.service import Service, frozen
from harness.errors import LeaseError, NotALeaseError, ServiceDefinitionError


@dataclass(frozen=True, repr=False)
class Cache(Service):
    size: object = 1
    name: str | None = None


class Case:
    cache = Cache()

    def _harness_lease(self, service):
        return ("lease of", service)


class ValueTest(unittest.TestCase):
    def test_equal_options_make_equal_services(self):
        self.assertEqual(Cache(2), Cache(2))
        self.assertEqual(hash(Cache(2)), hash(Cache(2)))
        self.assertNotEqual(Cache(2), Cache(3))
        self.assertEqual(1, len({Cache(), Cache(1), Cache(size=1)}))

    def test_a_name_keeps_two_apart(self):
        self.assertNotEqual(Cache(name="a"), Cache(name="b"))

    def test_its_repr_shows_what_is_not_the_default(self):
        self.assertEqual("Cache()", repr(Cache()))
        self.assertEqual("Cache(size=2, name='a')", repr(Cache(2, "a")))
        self.assertEqual("Cache(size=2)", Cache(2).label)

    def test_copies_are_equal(self):
        service = Cache((("a", "b"),), "x")
        for twin in (
            copy.copy(service),
            copy.deepcopy(service),
            pickle.loads(pickle.dumps(service)),
            dataclasses.replace(service),
        ):
            self.assertEqual(service, twin)

    def test_it_cannot_be_changed(self):
        with self.assertRaises(dataclasses.FrozenInstanceError):
            Cache().size = 2


class MutableOptionTest(unittest.TestCase):
    def hint(self, value):
        with self.assertRaises(ServiceDefinitionError) as caught:
            Cache(size=value)
        return caught.exception.hint

    def test_it_is_refused_with_what_to_write_instead(self):
        with self.assertRaises(ServiceDefinitionError) as caught:
            Cache(size=["a", "b"])

        self.assertEqual(
            "Cache(size=['a', 'b']): the option is a list\n"
            "  likely cause: services are compared and shared, so every option must be hashable\n"
            "  next: write size=('a', 'b')",
            str(caught.exception),
        )

    def test_what_to_write_is_hashable_all_the_way_down(self):
        for value, written in {
            "dict": ({"a": ["b"]}, "(('a', ('b',)),)"),
            "set": ({"a"}, "('a',)"),
            "list of lists": ([["a", "b"]], "(('a', 'b'),)"),
            "tuple of lists": ((["a", "b"],), "(('a', 'b'),)"),
        }.values():
            with self.subTest(value):
                self.assertEqual(f"write size={written}", self.hint(value))

    def test_another_mutable_value_gets_a_general_hint(self):
        self.assertEqual("use a tuple, a string or a function", self.hint(bytearray()))

    def test_a_hashable_value_is_itself(self):
        self.assertEqual("a", frozen("a"))


class AttributeTest(unittest.TestCase):
    def test_a_class_shows_the_service(self):
        self.assertEqual(Cache(), Case.cache)

    def test_an_instance_shows_the_lease(self):
        self.assertEqual(("lease of", Cache()), Case().cache)

    def test_the_lease_cannot_be_assigned_to(self):
        with self.assertRaises(LeaseError) as caught:
            Case().cache = object()

        self.assertEqual(
            "the lease of Cache() cannot be assigned to\n"
            "  likely cause: the attribute declares a service for the whole class\n"
            "  next: give your own object another name, or override the attribute in a subclass",
            str(caught.exception),
        )

    def test_a_service_used_as_a_lease_says_how_to_get_one(self):
        with self.assertRaises(NotALeaseError) as caught:
            Case.cache.client  # noqa: B018

        self.assertEqual(
            "Cache() is a service, not a lease: it has no attribute 'client'\n"
            "  likely cause: a lease is held in setUp, in a test and in its clean-ups; "
            "in setUpClass there is none\n"
            "  next: use self.<name>.client in a test, "
            "or `with Environment() as env, env.lease(...) as lease: lease.client`",
            str(caught.exception),
        )

    def test_to_python_it_is_a_missing_attribute(self):
        self.assertFalse(hasattr(Cache(), "client"))
        self.assertFalse(hasattr(Cache(), "__wrapped__"))


class DutyTest(unittest.TestCase):
    def test_a_subclass_must_say_how_it_runs(self):
        service = Cache()
        for call in (
            lambda: service.recipe("docker"),
            service.instance_key,
            lambda: service.probe(None, 1),
            lambda: service.open("docker", None, None),
        ):
            with self.assertRaises(NotImplementedError):
                call()
