"""Objects that others refer to, and objects that refer to others."""

from dataclasses import dataclass

from harness.data.factories import Factory, children, lazy, related, sequence, trait
from harness.errors import FactoryError
from harness.services.rows import Row
from tests.data.factories.case import FactoryTest
from tests.data.factories.models import (
    Account,
    Category,
    Order,
    OrderLine,
    OwnedAccount,
    User,
    UserFactory,
)


class AccountFactory(Factory[Account], default=False):
    email = None
    balance = 0
    owner = related(User)


class OwnedFactory(Factory[OwnedAccount], table="accounts"):
    owner = related(User, "staff", name="Bob")
    balance = 0


class OrderFactory(Factory[Order], default=False):
    lines = children(OrderLine, 3, price=5)
    empty = trait(lines=0)


class CategoryFactory(Factory[Category]):
    name = sequence("category {}")
    leaf = trait(parent=related(Category))


class ParentTest(FactoryTest):
    def test_it_is_made_with_its_traits_and_overrides(self):
        owner = self.make(OwnedAccount).owner

        self.assertEqual(User(1, "user1@example.com", "Bob", True), owner)

    def test_one_that_is_given_is_not_made(self):
        user = self.make(User)

        self.assertIs(user, self.make(OwnedAccount, owner=user).owner)
        self.assertEqual(user.id, self.make(AccountFactory, owner=user).owner_id)
        self.assertEqual(1, self.db.count("users"))

    def test_its_column_may_be_given_instead(self):
        user = self.make(User)

        self.assertEqual(user.id, self.make(AccountFactory, owner_id=user.id).owner_id)
        self.assertEqual(1, self.db.count("users"))

    def test_its_key_may_be_given_where_no_field_holds_the_object(self):
        user = self.make(User)

        self.assertEqual(user.id, self.make(AccountFactory, owner=user.id).owner_id)

    def test_a_column_of_the_relations_own_name_holds_the_key(self):
        @dataclass
        class Note:
            id: int
            about: int

        class NoteFactory(Factory[Note]):
            about = related(User).by(about="id")

        self.assertEqual(Note(1, 1), self.make(Note))
        self.assertEqual(Note(2, 77), self.make(Note, about=77))
        self.assertEqual(Note(3, 1), self.make(Note, about=self.db.rows("select * from users")[0]))

    def test_overrides_reach_through_it(self):
        self.assertEqual("Cay", self.make(OwnedAccount, owner__name="Cay").owner.name)

    def test_overrides_reach_through_several(self):
        @dataclass
        class Order:
            id: int
            account: OwnedAccount

        order = self.make(Order, account__owner__name="Cay", account__balance=9)

        self.assertEqual("Cay", order.account.owner.name)
        self.assertEqual(9, order.account.balance)

    def test_another_one_may_be_declared_for_one_object(self):
        account = self.make(OwnedAccount, owner=related(User, name="Dan"))

        self.assertEqual("Dan", account.owner.name)

    def test_a_trait_may_reach_through_it_and_an_object_wins_over_that(self):
        class TraitFactory(OwnedFactory):
            famous = trait(owner__name="Zoe")

        user = self.make(User)

        self.assertEqual("Zoe", self.make(TraitFactory, "famous").owner.name)
        self.assertIs(user, self.make(TraitFactory, "famous", owner=user).owner)

    def test_it_may_follow_from_another_attribute(self):
        user = self.make(User)

        class SharedFactory(OwnedFactory):
            owner = related(User)
            balance = 3

        account = self.make(SharedFactory, owner=lazy(lambda account: user))

        self.assertEqual(user, account.owner)
        self.assertEqual({"balance": 3, "owner_id": user.id}, self.db.made[-1][1])

    def test_a_mere_row(self):
        class RowFactory(Factory[OwnedAccount], table="accounts", default=False):
            owner = related("users", name="Row")

        owner = self.make(RowFactory).owner

        self.assertIsInstance(owner, Row)
        self.assertEqual("Row", owner.name)

    def test_a_row_may_be_given(self):
        row = self.db.make("users")

        self.assertEqual(row.id, self.make(AccountFactory, owner=row).owner_id)

    def test_a_parent_without_a_field_for_its_key(self):
        @dataclass
        class Person:
            name: str

        class PersonFactory(Factory[Person], table="users"):
            pass

        class PersonalFactory(AccountFactory):
            owner = related(Person)

        self.make(User)
        person = self.make(Person)

        self.assertEqual(2, self.make(PersonalFactory, owner=person).owner_id)
        self.assertEqual(3, self.make(PersonalFactory).owner_id)

    def test_other_columns_than_the_usual_ones(self):
        @dataclass
        class Note:
            id: int
            about: int

        class NoteFactory(Factory[Note]):
            subject = related(User).by(about="id")

        self.assertEqual(Note(1, 1), self.make(Note))
        self.assertEqual(Note(2, 77), self.make(Note, about=77))
        self.assertEqual(1, self.db.count("users"))

    def test_none_for_a_parent(self):
        @dataclass
        class Order:
            id: int
            account: OwnedAccount | None

        class OrderFactory(Factory[Order]):
            account = related(OwnedAccount)

        self.assertEqual(Order(1, None), self.make(Order, account=None))
        self.assertIsNone(self.db.made[0][1]["account_id"])

    def test_a_tree(self):
        leaf = self.make(Category, "leaf")

        self.assertEqual("category 1", leaf.name)
        self.assertEqual("category 2", leaf.parent.name)
        self.assertIsNone(leaf.parent.parent)


class ChildrenTest(FactoryTest):
    def test_they_are_made_and_kept(self):
        order = self.make(OrderFactory)

        self.assertEqual([OrderLine(n, order.id, None, 5) for n in (1, 2, 3)], order.lines)
        self.assertEqual(3, self.db.count("order_lines"))

    def test_another_number(self):
        self.assertEqual(1, len(self.make(OrderFactory, lines=1).lines))
        self.assertEqual([], self.make(OrderFactory, "empty").lines)
        self.assertEqual(2, len(self.make(OrderFactory, "empty", lines=2).lines))

    def test_overrides_reach_them_all(self):
        self.assertEqual(
            [9, 9, 9], [line.price for line in self.make(OrderFactory, lines__price=9).lines]
        )

    def test_those_that_are_given_are_not_made(self):
        other = self.make(OrderFactory)

        self.assertEqual(other.lines, self.make(OrderFactory, lines=other.lines).lines)
        self.assertEqual(3, self.db.count("order_lines"))

    def test_they_refer_by_the_relation_that_they_declare(self):
        @dataclass
        class Line:
            id: int
            order: Order

        class LineFactory(Factory[Line], table="order_lines"):
            order = related(Order)

        class LinesFactory(OrderFactory):
            lines = children(Line, 2)

        order = self.make(LinesFactory)

        self.assertIs(order, order.lines[1].order)
        self.assertEqual(1, self.db.count("orders"))

    def test_mere_rows_and_other_columns(self):
        class NotesFactory(OrderFactory):
            lines = 0
            notes = children("notes", 2, text="a").by(about="id")

        order = self.make(NotesFactory)

        self.assertEqual([order.id] * 2, [note.about for note in order.notes])

    def test_children_without_a_field_are_made_all_the_same(self):
        class OwnerFactory(UserFactory):
            accounts = children("accounts", 2).by(owner_id="id")

        self.make(OwnerFactory)

        self.assertEqual(2, self.db.count("accounts"))


class CircleTest(FactoryTest):
    def test_two_classes_that_need_each_other(self):
        @dataclass
        class Chicken:
            id: int

        @dataclass
        class Egg:
            id: int

        class ChickenFactory(Factory[Chicken], table="categories"):
            egg = related(Egg).by(parent_id="id")

        class EggFactory(Factory[Egg], table="categories"):
            layer = related(Chicken).by(parent_id="id")

        with self.assertRaises(FactoryError) as caught:
            self.make(Egg)

        self.refused(caught.exception, "circle of relations: Egg.layer -> Chicken.egg -> Egg\n")

    def test_a_class_that_needs_itself(self):
        @dataclass
        class Category:
            id: int
            parent: object

        class CategoryFactory(Factory[Category]):
            parent = related(Category)

        with self.assertRaisesRegex(FactoryError, "Category.parent -> Category\n"):
            self.make(Category)
        root = self.make(Category, parent=None)
        self.assertIs(root, self.make(Category, parent=root).parent)

    def test_children_that_have_children_like_themselves(self):
        @dataclass
        class Category:
            id: int

        class CategoryFactory(Factory[Category]):
            below = children(Category, 1).by(parent_id="id")

        with self.assertRaisesRegex(FactoryError, "Category.below -> Category\n"):
            self.make(Category)

    def test_a_circle_leaves_nothing_half_made_behind(self):
        @dataclass
        class Category:
            id: int
            parent: object

        class CategoryFactory(Factory[Category]):
            parent = related(Category)

        with self.assertRaises(FactoryError):
            self.make(Category)

        self.assertEqual(0, self.db.count("categories"))


class RefusalTest(FactoryTest):
    def assertRefused(self, parts, what, *traits, **overrides):
        with self.assertRaises(FactoryError) as caught:
            self.make(what, *traits, **overrides)
        self.refused(caught.exception, *parts)

    def test_a_column_that_is_not_there(self):
        class TypoFactory(AccountFactory):
            ownr = related(User)

        self.assertRefused(
            ["TypoFactory.ownr needs the column 'ownr_id'", "did you mean owner_id"], TypoFactory
        )

    def test_a_parent_without_the_attribute(self):
        self.assertRefused(["OwnedAccount.owner refers to the 'id' of 7"], OwnedAccount, owner=7)
        self.assertRefused(
            ["AccountFactory.owner refers to the 'id' of ['ada']"], AccountFactory, owner=["ada"]
        )

    def test_an_override_of_an_object_that_is_given(self):
        user = self.make(User)

        self.assertRefused(
            ["owner__name='Ada': nothing is made for AccountFactory.owner"],
            AccountFactory,
            owner=user,
            owner__name="Ada",
        )

    def test_an_override_through_what_is_no_relation(self):
        self.assertRefused(
            ["email__name='Ada': nothing is made for User.email"], User, email__name="Ada"
        )

    def test_an_unknown_relation_and_an_unknown_attribute_of_one(self):
        self.assertRefused(
            ["no attribute 'ownr'", "did you mean owner"], AccountFactory, ownr__name="Ada"
        )
        self.assertRefused(
            ["User has no attribute 'nam'", "did you mean name"], AccountFactory, owner__nam="Ada"
        )

    def test_a_key_instead_of_an_object_that_a_field_wants(self):
        user = self.make(User)

        self.assertRefused(["OwnedAccount.owner has no value"], OwnedAccount, owner_id=user.id)

    def test_children_without_the_usual_column(self):
        @dataclass
        class Note:
            id: int

        class WriterFactory(UserFactory):
            notes = children(Note)

        self.assertRefused(
            ["WriterFactory.notes needs the column 'user_id', which notes does not have", ".by("],
            WriterFactory,
        )

    def test_children_in_something_else_than_a_list(self):
        @dataclass
        class Order:
            id: int

            @property
            def lines(self):
                return ()

        class OrderFactory(Factory[Order]):
            lines = children(OrderLine)

        self.assertRefused(["Order.lines is (), not a list of children"], OrderFactory)

    def test_children_that_could_refer_in_several_ways(self):
        @dataclass
        class Note:
            id: int

        class NoteFactory(Factory[Note]):
            author = related(User).by(about="id")
            reader = related(User).by(text="id")

        class WriterFactory(UserFactory):
            notes = children(Note)

        self.assertRefused(
            ["WriterFactory.notes could refer to its User by author or by reader"], WriterFactory
        )
