"""The services that belong together: their needs, their aliases, their network."""

import dataclasses
import re
import unittest

from harness.core.environment import Environment, key_of
from harness.core.group import Group
from harness.core.service import Service
from harness.core.settings import Settings
from harness.errors import ServiceDefinitionError


@dataclasses.dataclass(frozen=True, repr=False)
class Peer(Service):
    """A service with needs."""

    name: str
    requires: tuple = ()
    alias: str | None = None
    exclusive: bool = False
    companions: tuple = ()

    def needs(self):
        return self.requires

    def beside(self):
        return self.companions

    def instance_key(self):
        return (self.name,)


class NeedsTest(unittest.TestCase):
    def refused(self, *services):
        with self.assertRaises(ServiceDefinitionError) as caught:
            Group(services)
        return str(caught.exception)

    def test_what_is_needed_comes_first_and_once(self):
        base = Peer("base")
        middle = Peer("middle", (base,))
        top = Peer("top", (middle, base))

        group = Group([top, middle])

        self.assertEqual([base, middle, top], group.services)
        self.assertEqual((middle, base), group.needs_of(top))

    def test_what_runs_beside_is_there_and_is_no_need_and_does_not_make_another_instance(self):
        proxy = Peer("proxy")
        plain, proxied = Peer("db"), Peer("db", companions=(proxy,))
        group = Group([plain, proxied])

        self.assertEqual([plain, proxy, proxied], group.services)
        self.assertEqual((), group.needs_of(proxied))
        keys = {key_of(each, group, lambda service: service) for each in (plain, proxied)}
        self.assertEqual(1, len(keys))

    def test_what_would_run_beside_nothing_under_these_settings_is_not_wanted(self):
        proxy, other = Peer("proxy"), Peer("other")
        db, shop = Peer("db", companions=(proxy, other)), Peer("shop", (other,))

        def wanted(*services, chosen=()):
            return Group(services).wanted(lambda service: chosen if service is db else ())

        self.assertEqual([db], wanted(db))
        self.assertEqual([proxy, db], wanted(db, chosen=(proxy,)))
        self.assertEqual([proxy, db], wanted(db, proxy))
        self.assertEqual([proxy, db], wanted(proxy, db))
        self.assertEqual([other, db, shop], wanted(db, shop))
        self.assertEqual([other, shop, db], wanted(shop, db))

    def test_a_need_may_be_named_by_alias(self):
        db = Peer("db", alias="db")
        shop = Peer("shop", ("db",))

        self.assertEqual([db, shop], Group([shop, db]).services)

    def test_an_unknown_alias_names_the_nearest(self):
        text = self.refused(Peer("shop", ("dbs",)), Peer("db", alias="db"))
        self.assertEqual(
            "Peer(name='shop', requires=('dbs',)) depends on 'dbs', "
            "and no service here has that alias\n  next: did you mean db?",
            text,
        )
        self.assertIn("next: give the other one an alias", self.refused(Peer("shop", ("db",))))

    def test_a_circle_is_shown_whole(self):
        one, two = Peer("one", ("two",), "one"), Peer("two", ("three",), "two")
        text = self.refused(one, two, Peer("three", ("one",), "three"), Peer("far", ("one",)))

        self.assertEqual(["one", "two", "three", "one"], re.findall(r"name='(\w+)'", text))
        self.assertIn("likely cause: none of them could be started first", text)

    def test_who_needs_itself_is_a_circle(self):
        self.assertIn("in a circle", self.refused(Peer("one", ("one",), "one")))

    def test_an_alias_that_is_used_twice_names_both(self):
        text = self.refused(Peer("one", alias="db"), Peer("two", alias="db"))

        self.assertIn("the alias 'db' is used twice: by Peer(name='one'", text)
        self.assertIn("and by Peer(name='two'", text)


class NetworkTest(unittest.TestCase):
    def setUp(self):
        self.a, self.b = Peer("a", alias="a"), Peer("b", alias="b")

    def test_without_an_alias_there_is_none(self):
        self.assertIsNone(Group([Peer("x")]).network)

    def test_the_same_services_share_one_whatever_the_order_and_the_class(self):
        one = Group([self.a, self.b], "One").network

        self.assertEqual(one, Group([self.b, self.a, Peer("x")], "Other").network)
        self.assertNotEqual(one, Group([self.a], "One").network)
        self.assertNotEqual(one, Group([self.a, Peer("b", alias="c")], "One").network)

    def test_one_with_an_exclusive_member_is_an_owners_own(self):
        self.assertFalse(Group([self.a, Peer("x", exclusive=True)]).has_exclusive)
        self.assertTrue(Group([self.a, Peer("x", alias="x", exclusive=True)]).has_exclusive)

    def test_equal_services_with_other_aliases_are_two(self):
        group = Group([self.a, Peer("a", alias="z")])
        one, other = group.services

        meant = Environment(Settings.read(environ={})).meant
        self.assertNotEqual(key_of(one, group, meant), key_of(other, group, meant))
