"""Faults as values, by decorator and one after another, on proxies of a real server."""

import asyncio
import contextlib
import time
import unittest

import redis

from harness import AsyncHarnessTestCase, HarnessTestCase, Redis
from harness.errors import FaultError
from harness.faults import Fault, down, latency, reset_peer, timeout, toxics
from tests.integration.providers import on_embedded


class ValueTest(unittest.TestCase):
    def test_a_fault_is_a_value(self):
        self.assertIsInstance(latency(ms=5), Fault)
        self.assertEqual(latency(ms=5), latency(ms=5))
        self.assertEqual("timeout(ms=0)", str(timeout(ms=0)))

    def test_a_fault_that_cannot_be_is_an_error_where_it_is_written(self):
        with self.assertRaisesRegex(FaultError, "ms is below 0"):
            latency(ms=-1)

    def test_what_is_no_fault_is_an_error_where_it_is_written(self):
        for faults in ((), ("latency",), (latency,)):
            with self.assertRaises(FaultError) as raised:
                toxics("cache", *faults)
            self.assertIn("next: import them: `from harness.faults import", str(raised.exception))

    def test_a_service_is_named_by_its_attribute(self):
        with self.assertRaises(FaultError) as raised:
            toxics(Redis(), down())
        self.assertEqual(
            "toxics(Redis(), ...): not the name of an attribute\n"
            '  next: write it as a text, as in @toxics("db", latency(ms=50))',
            str(raised.exception),
        )

    def test_a_class_without_tests_is_an_error(self):
        with self.assertRaisesRegex(FaultError, "which has no tests"):
            toxics("cache", down())(type("Case", (), {}))


FAULTS = (latency(ms=30), reset_peer(), down())


def seconds(cache):
    began = time.monotonic()
    cache.client.ping()
    return time.monotonic() - began


@on_embedded
class DecoratorTest:
    needed = Redis(proxied=True)

    def succeeds(self, case):
        result = self.run_inner(case)
        self.assertTrue(result.wasSuccessful(), result.text)
        self.assertGreater(result.testsRun, 0)

    def test_a_test_has_the_fault_and_its_set_up_and_clean_ups_have_not(self):
        class Inner(HarnessTestCase):
            cache = Redis(proxied=True)

            def setUp(self):
                self.cache.client.ping()
                self.addCleanup(self.cache.client.ping)

            @toxics("cache", latency(ms=30), latency(ms=30, stream="upstream"))
            def test_slow(self):
                self.assertGreater(seconds(self.cache), 0.058)

            @toxics("cache", latency(ms=0), down())
            def test_down(self):
                with self.assertRaises(redis.ConnectionError):
                    self.cache.client.ping()

        self.succeeds(Inner)

    def test_each_test_of_a_class_has_it_inherited_ones_too_and_they_stack(self):
        class Plain(HarnessTestCase):
            cache = Redis(proxied=True)
            raised = None

            def test_inherited(self):
                with self.raised or contextlib.nullcontext():
                    self.cache.client.ping()

        @toxics("cache", down())
        class Down(Plain):
            def setUp(self):
                self.raised = self.assertRaises(redis.ConnectionError)

        @toxics("cache", latency(ms=30))
        class Slow(Plain):
            @toxics("cache", latency(ms=30))
            def test_twice_as_slow(self):
                self.assertGreater(seconds(self.cache), 0.058)

        self.succeeds(Down)
        self.succeeds(Slow)
        self.succeeds(Plain)  # which is as it was

    def test_coroutines_have_it_too(self):
        class Inner(AsyncHarnessTestCase):
            cache = Redis(proxied=True)

            @toxics("cache", latency(ms=30))
            async def test(self):
                await asyncio.sleep(0)
                self.assertGreater(seconds(self.cache), 0.028)

        self.succeeds(Inner)

    def test_what_is_not_proxied_fails_the_test(self):
        class Inner(HarnessTestCase):
            cache = Redis()

            @toxics("cache", down())
            def test(self):
                pass

        self.assertIn("write Redis(proxied=True)", self.run_inner(Inner).text)


@on_embedded
class UnderTest:
    needed = Redis(proxied=True)

    def run_body(self, body, faults=FAULTS):
        def test(case):
            for fault in case.under(case.cache, faults):
                body(case, fault)

        case = type("Inner", (HarnessTestCase,), {"cache": Redis(proxied=True), "test": test})
        return self.run_inner(case)

    def test_one_body_runs_under_each_fault(self):
        def body(case, fault):
            with fault as entered:
                case.assertIs(fault, entered)
                seen.append(str(fault))
                if fault.fault == FAULTS[0]:
                    case.assertGreater(seconds(case.cache), 0.028)
                else:
                    with case.assertRaises(redis.ConnectionError):
                        case.cache.client.ping()
            case.cache.client.ping()

        seen = []
        result = self.run_body(body)

        self.assertTrue(result.wasSuccessful(), result.text)
        self.assertEqual([str(fault) for fault in FAULTS], seen)

    def test_each_is_a_subtest_that_names_its_fault(self):
        def body(case, fault):
            with fault:
                case.fail("always")

        result = self.run_body(body)

        self.assertEqual(3, len(result.failures), result.text)
        self.assertEqual(
            ["fault='latency(ms=30)'", "fault='reset_peer(ms=0)'", "fault='down()'"],
            [f"fault={test.params['fault']!r}" for test, _ in result.failures],
        )

    def test_a_block_that_was_not_entered_is_an_error(self):
        result = self.run_body(lambda case, fault: None)

        self.assertIn("under(): nothing was run under latency(ms=30)", result.text)
        self.assertIn("next: write `with fault:` in the loop", result.text)

    def test_lists_that_hold_no_faults_are_errors(self):
        self.assertIn("the list of faults is empty", self.run_body(None, []).text)
        self.assertIn("under(): 'down' is no fault", self.run_body(None, ["down"]).text)
