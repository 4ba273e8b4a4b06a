"""An exclusive service is one class's own, and given up when its tests are over."""

from dataclasses import dataclass
from unittest import mock

from harness import HarnessTestCase
from harness.core import choice
from tests.support.fakes import environment, failing
from tests.support.inner import InnerTest
from tests.support.unit import Closing

LIFE = ("db start", "db acquire", "db release", "success", "db close")


@dataclass(frozen=True, repr=False)
class Own(Closing):
    """A fake that each class gets for itself."""

    exclusive: bool = True


class ExclusiveTest(InnerTest):
    def setUp(self):
        super().setUp()
        self.db = Own(self.journal)
        # A fake's server, which is nobody's, stands for one of ours.
        self.enterContext(mock.patch.object(choice, "recipe_for", Own.recipe))

    def case(self, service, *methods):
        """Return a class that declares a service, of which each test touches the lease."""

        def touch(case):
            case.db  # noqa: B018 - touched

        tests = dict.fromkeys(methods or ("test",), touch)
        return type("Case", (HarnessTestCase,), {"db": service, **tests})

    def test_each_class_has_one_until_its_end(self):
        self.run_inner(self.case(self.db), self.case(self.db))

        self.assertJournal(*LIFE, *LIFE)

    def test_one_that_is_not_exclusive_is_for_all_classes_until_the_end_of_the_run(self):
        shared = Closing(self.journal)

        self.run_inner(self.case(shared), self.case(shared))
        self.assertEqual((1, 0), (self.journal.count("db start"), self.journal.count("db close")))
        self.environment.close()

        self.assertEqual(1, self.journal.count("db close"))

    def test_the_tests_of_one_class_share_it(self):
        self.run_inner(self.case(self.db, "test_a", "test_b"))

        self.assertJournal(
            "db start",
            *("db acquire", "db release", "success") * 2,
            "db close",
        )

    def test_a_class_and_its_subclass_have_one_each(self):
        parent = self.case(self.db)
        child = type("Child", (parent,), {})

        self.run_inner(parent, child)

        self.assertJournal(*LIFE, *LIFE)

    def test_a_class_that_does_not_touch_it_starts_none(self):
        class Case(HarnessTestCase):
            db = self.db

            def test(self):
                pass

        self.run_inner(Case)

        self.assertJournal("success")

    def test_a_class_that_runs_twice_has_one_each_time(self):
        case = self.case(self.db)

        self.run_inner(case)
        self.run_inner(case)

        self.assertJournal(*LIFE, *LIFE)

    def test_what_else_the_class_uses_stays(self):
        class Case(HarnessTestCase):
            own = self.db
            shared = Closing(self.journal, "shared")

            def test(self):
                self.own, self.shared  # noqa: B018 - touched

        self.run_inner(Case)

        self.assertEqual(1, self.journal.count("db close"))
        self.assertEqual(0, self.journal.count("shared close"))

    def test_it_is_given_up_after_the_class_has_torn_down(self):
        journal, service = self.journal, self.db

        class Case(HarnessTestCase):
            db = service

            @classmethod
            def tearDownClass(cls):
                journal.note("tearDownClass")

            def test(self):
                self.db  # noqa: B018 - touched

        self.run_inner(Case)

        self.assertEqual(["tearDownClass", "db close"], self.journal.entries[-2:])

    def test_a_failure_to_give_it_up_is_an_error_of_the_class(self):
        stuck = Own(self.journal, closing=failing(OSError("it is stuck")))

        result = self.run_inner(self.case(stuck))

        [(where, trace)] = result.errors
        self.assertIn("Case", str(where))
        self.assertIn("it is stuck", trace)

    def test_one_test_that_is_run_by_itself_has_one_until_the_environment_closes(self):
        self.run_test(self.one(self.case(self.db)))
        self.assertEqual(0, self.journal.count("db close"))

        self.environment.close()

        self.assertJournal(*LIFE)


class ReuseInCiTest(InnerTest):
    SENTENCE = "HARNESS_REUSE is ignored, because CI is set"

    def run_with(self, **variables):
        """Run two tests; return how often the sentence was printed."""
        self.use(environment(**variables))
        db = self.db

        class Case(HarnessTestCase):
            def test_a(self):
                self.db  # noqa: B018 - touched

            test_b = test_a

        Case.db = db
        self.run_inner(Case)
        self.assertOutcomes("success", "success")
        return self.printed.count(self.SENTENCE)

    def test_that_it_is_ignored_is_said_once(self):
        self.assertEqual(1, self.run_with(HARNESS_REUSE="1", CI="true"))

    def test_nothing_is_said_where_it_is_not_ignored(self):
        self.assertEqual(0, self.run_with(HARNESS_REUSE="1"))

    def test_nothing_is_said_where_it_was_not_asked_for(self):
        self.assertEqual(0, self.run_with(CI="true"))
