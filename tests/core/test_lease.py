"""Leases, and the holder of a test's leases."""

import random
import threading
import unittest
from unittest import mock

from harness.core.lease import Holder, Lease
from harness.errors import CleanupError, LeakError, LeaseError, StartError
from tests.support.fakes import Fake, Journal, failing


class NotedLease(Lease):
    def __init__(self, service):
        super().__init__(service.label)
        self.service = service

    def failure_notes(self):
        return [f"note of {self.service.name}"]

    def use(self):
        self._check_held()

    def _release(self):
        self.service.journal.note(f"release {self.service.name}")
        self.service.releasing()


class RandomNumbersTest(unittest.TestCase):
    def test_a_lease_without_a_holder_draws_the_same_with_every_seed(self):
        first, second = (Lease("a service").rng.random() for _ in range(2))

        self.assertEqual(first, second)

    def test_a_lease_draws_from_what_it_is_given(self):
        lease, given = Lease("a service"), random.Random(7)
        lease.rng = given

        self.assertIs(given, lease.rng)
        lease.draw_from(lambda: random.Random(8))
        self.assertEqual(random.Random(8).random(), lease.rng.random())


class LeaseTest(unittest.TestCase):
    def setUp(self):
        self.journal = Journal()

    def lease(self, **options):
        return NotedLease(Fake(self.journal, **options))

    def test_leaving_it_releases_it(self):
        with self.lease() as lease:
            lease.use()

        self.assertEqual(["release db"], self.journal.entries)

    def test_it_is_released_once(self):
        lease = self.lease()

        lease.release()
        lease.release()

        self.assertEqual(["release db"], self.journal.entries)

    def test_a_failed_release_is_a_release(self):
        lease = self.lease(releasing=failing(LeakError("open")))

        with self.assertRaises(LeakError):
            lease.release()
        lease.release()

        self.assertEqual(["release db"], self.journal.entries)

    def test_it_is_given_back_also_where_its_server_does_not_come_up_again(self):
        lease = self.lease()
        lease.instance = mock.Mock(revive=failing(StartError("the port is taken")))

        with self.assertRaises(StartError):
            lease.release()

        self.assertEqual(["release db"], self.journal.entries)

    def test_it_cannot_be_used_after_its_release(self):
        lease = self.lease()
        lease.release()

        with self.assertRaises(LeaseError) as caught:
            lease.use()

        self.assertEqual(
            "this lease of Fake(name='db') was released\n"
            "  likely cause: it was kept, by a thread or a variable, longer than its test\n"
            "  next: read it anew from the test case, and join threads before the test ends",
            str(caught.exception),
        )


class HolderTest(unittest.TestCase):
    def setUp(self):
        self.journal = Journal()
        self.a, self.b = (Fake(self.journal, name) for name in "ab")

    def acquire(self, service):
        self.journal.note(f"acquire {service.name}")
        service.leasing()
        return NotedLease(service)

    def holder(self):
        return Holder(self.acquire)

    def test_a_lease_is_taken_at_first_use_and_once(self):
        holder = self.holder()
        self.assertEqual([], self.journal.entries)

        self.assertIs(holder.get(self.a), holder.get(self.a))

        self.assertEqual(["acquire a"], self.journal.entries)

    def test_many_threads_take_one_lease(self):
        holder, leases = self.holder(), []
        barrier = threading.Barrier(8)

        def touch():
            barrier.wait(10)
            leases.append(holder.get(self.a))

        threads = [threading.Thread(target=touch) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        self.assertEqual((8, 1), (len(leases), len(set(map(id, leases)))))
        self.assertEqual(1, self.journal.count("acquire a"))

    def test_leases_are_given_back_in_reverse_order(self):
        holder = self.holder()
        holder.get(self.a)
        holder.get(self.b)

        holder.release()

        self.assertEqual(["release b", "release a"], self.journal.entries[2:])

    def test_all_are_given_back_and_all_failures_reported(self):
        holder = self.holder()
        for name in "ab":
            holder.get(Fake(self.journal, name, releasing=failing(ValueError(name))))

        with self.assertRaises(CleanupError) as caught:
            holder.release()

        self.assertEqual(["b", "a"], [str(error) for error in caught.exception.exceptions])

    def test_after_a_release_it_takes_new_ones(self):
        holder = self.holder()
        first = holder.get(self.a)
        holder.release()

        self.assertIsNot(first, holder.get(self.a))

    def test_after_its_close_it_takes_none(self):
        holder = self.holder()
        holder.close()

        with self.assertRaisesRegex(LeaseError, "was touched outside a running test"):
            holder.get(self.a)

    def test_what_failed_once_fails_the_same_way_and_is_not_tried_again(self):
        holder = self.holder()
        service = Fake(self.journal, "a", leasing=failing(OSError("gone")))

        errors = []
        for _ in range(2):
            with self.assertRaises(OSError) as caught:
                holder.get(service)
            errors.append(caught.exception)

        self.assertIs(errors[0], errors[1])
        self.assertEqual(1, self.journal.count("acquire a"))

    def test_an_outage_that_nobody_reported_is_told(self):
        holder, error = self.holder(), OSError("gone")
        with self.assertRaises(OSError):
            holder.get(Fake(self.journal, "a", leasing=failing(error)))

        self.assertEqual([error], holder.unreported())
        self.assertFalse(holder.has_reported(error))

    def test_the_first_outage_of_each_lease_is_told(self):
        holder, first, other = self.holder(), OSError("gone"), OSError("gone too")
        holder.get(self.a).outages.extend([first, OSError("still gone")])
        holder.get(self.b).outages.append(other)

        self.assertEqual([first, other], holder.unreported())

    def test_an_outage_is_reported_with_what_was_raised_from_it_or_groups_it(self):
        error = OSError("gone")
        outer = ValueError("no row")
        outer.__cause__ = error
        for reported in (error, outer, ExceptionGroup("two", [KeyError(), outer])):
            with self.subTest(reported):
                holder = self.holder()
                holder.get(self.a).outages.append(error)
                holder.note_reported(reported)
                self.assertEqual([], holder.unreported())
                self.assertTrue(holder.has_reported(error))

    def test_errors_that_are_each_others_context_do_not_go_round_for_ever(self):
        one, other = ValueError("one"), ValueError("other")
        one.__cause__, other.__cause__ = other, one

        self.holder().note_reported(one)

    def test_notes_are_those_of_all_its_leases(self):
        holder = self.holder()
        holder.get(self.a)
        holder.get(self.b)

        self.assertEqual(["note of a", "note of b"], holder.failure_notes())
