"""Who we are, in the names of what we make."""

from harness.core.identity import nonce, registry_id
from tests.support.unit import DirectoryTest


class IdentityTest(DirectoryTest):
    def test_the_registry_is_eight_hex_digits_and_stays(self):
        self.assertRegex(registry_id(self.settings()), r"\A[0-9a-f]{8}\Z")
        self.assertEqual(registry_id(self.settings()), registry_id(self.settings()))

    def test_another_state_directory_is_another_registry(self):
        self.assertNotEqual(
            registry_id(self.settings(HARNESS_STATE_DIR="/a")),
            registry_id(self.settings(HARNESS_STATE_DIR="/b")),
        )

    def test_a_nonce_is_six_hex_digits_drawn_anew(self):
        self.assertRegex(nonce(), r"\A[0-9a-f]{6}\Z")
        self.assertGreater(len({nonce() for _ in range(8)}), 1)
