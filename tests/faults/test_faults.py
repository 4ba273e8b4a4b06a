"""Faults as they are asked for: their units, and what cannot be."""

import unittest

from harness.errors import FaultError, HarnessError, UnknownFaultError
from harness.faults.faults import Fault, Faults

faults = Faults(lambda fault: fault)


class UnitsTest(unittest.TestCase):
    def assertMade(self, kind, attributes, fault):
        self.assertEqual((kind, attributes), (fault.type, dict(fault.attributes)))

    def test_each_is_a_toxic_with_its_attributes(self):
        self.assertMade("latency", {"latency": 5, "jitter": 2}, faults.latency(ms=5, jitter_ms=2))
        self.assertMade("bandwidth", {"rate": 5}, faults.bandwidth(kb_per_s=5))
        self.assertMade("slow_close", {"delay": 5}, faults.slow_close(ms=5))
        self.assertMade("timeout", {"timeout": 0}, faults.timeout(ms=0))
        self.assertMade("reset_peer", {"timeout": 5}, faults.reset_peer(ms=5))
        self.assertMade("limit_data", {"bytes": 5}, faults.limit_data(bytes=5))
        self.assertMade(
            "slicer",
            {"average_size": 9, "size_variation": 2, "delay": 7},
            faults.slicer(bytes=9, variation=2, delay_us=7),
        )
        self.assertMade("down", {}, faults.down())

    def test_it_acts_on_all_answers_unless_told_otherwise(self):
        usual, other = faults.timeout(ms=0), faults.timeout(ms=0, stream="upstream", toxicity=0.5)

        self.assertEqual(("downstream", 1.0), (usual.stream, usual.toxicity))
        self.assertEqual(("upstream", 0.5), (other.stream, other.toxicity))

    def test_it_is_shown_as_it_is_written(self):
        for text in (
            "latency(ms=5)",
            "latency(ms=0, jitter_ms=2, stream='upstream', toxicity=0.5)",
            "slicer(bytes=9, delay_us=7)",
            "down()",
        ):
            made = eval(f"faults.{text}")
            self.assertEqual(text, str(made))

    def test_equal_ones_are_equal_and_can_be_hashed(self):
        self.assertEqual(1, len({faults.timeout(ms=5), faults.timeout(ms=5)}))
        self.assertNotEqual(faults.timeout(ms=5), faults.timeout(ms=6))
        self.assertEqual(Fault("down"), faults.down())


class RefusedTest(unittest.TestCase):
    def refused(self, ask, *arguments, **options):
        with self.assertRaises(FaultError) as raised:
            ask(*arguments, **options)
        self.assertIsInstance(raised.exception, HarnessError)
        return str(raised.exception)

    def test_an_unknown_fault_names_the_nearest(self):
        with self.assertRaises(UnknownFaultError) as raised:
            faults.latencyy(ms=5)
        text = str(raised.exception)

        self.assertEqual("there is no fault 'latencyy'\n  next: did you mean latency?", text)
        self.assertFalse(hasattr(faults, "nothing_like_it"))

    def test_an_unknown_argument_names_the_nearest(self):
        self.assertEqual(
            "latency(): got an unexpected keyword argument 'jitter'\n"
            "  next: did you mean jitter_ms=?",
            self.refused(faults.latency, ms=5, jitter=2),
        )

    def test_a_missing_argument_shows_all(self):
        self.assertEqual(
            "bandwidth(): missing a required argument: 'kb_per_s'\n"
            "  next: write bandwidth(kb_per_s=..., stream=..., toxicity=...)",
            self.refused(faults.bandwidth).replace("keyword-only ", ""),
        )

    def test_a_unit_has_to_be_named(self):
        self.assertIn("next: write timeout(ms=...", self.refused(faults.timeout, 5))

    def test_a_number_is_whole_and_not_below_zero(self):
        self.assertEqual(
            "latency(ms=-5): ms is below 0\n  next: write a number from 0 to 2147483647",
            self.refused(faults.latency, ms=-5),
        )
        self.assertEqual(
            "latency(ms=0.4): ms is not a whole number\n  next: write ms=1",
            self.refused(faults.latency, ms=0.4),
        )
        for value in ("5", None, True, float("nan"), float("inf")):
            self.assertIn("is not a whole number", self.refused(faults.latency, ms=value))
        self.assertIn("jitter_ms is", self.refused(faults.latency, ms=1, jitter_ms=-1))
        self.assertIn("ms is too large", self.refused(faults.latency, ms=10**10))

    def test_a_slice_has_a_byte(self):
        for size, variation in ((0, 0), (5, 5), (5, -1), (-1, 0)):
            self.assertIn(
                f"slicer(bytes={size}, variation={variation}): a piece would have no byte",
                self.refused(faults.slicer, bytes=size, variation=variation),
            )
        self.assertIn("bytes is not", self.refused(faults.slicer, bytes="5"))

    def test_a_toxicity_is_a_share(self):
        for toxicity in (-0.1, 1.1, "1", None, True, float("nan")):
            self.assertIn(
                "next: write a number from 0 to 1",
                self.refused(faults.timeout, ms=0, toxicity=toxicity),
            )

    def test_a_stream_is_one_of_two(self):
        self.assertIn(
            "timeout(ms=0, stream='up'): unknown stream",
            self.refused(faults.timeout, ms=0, stream="up"),
        )
