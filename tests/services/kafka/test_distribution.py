"""Finding a distribution of Kafka and a Java."""

from unittest import mock

from harness.services.kafka import distribution
from harness.services.kafka.distribution import Distribution
from harness.services.kafka.embedded import EmbeddedKafka
from tests.support.unit import DirectoryTest


class DistributionTest(DirectoryTest):
    def setUp(self):
        super().setUp()
        distribution.distribution.cache_clear()
        self.addCleanup(distribution.distribution.cache_clear)

    def jar(self, place, version="4.1.1"):
        directory = self.directory / place
        directory.mkdir(parents=True, exist_ok=True)
        (directory / f"kafka_2.13-{version}.jar").touch()
        (directory / f"kafka-clients-{version}.jar").touch()
        return directory

    def choose(self, version=None, java="openjdk 17.0.15 2025-04-15\nmore", **environ):
        home = {"KAFKA_HOME": str(self.directory), "JAVA_HOME": "/opt/java", **environ}
        settings = self.settings()._replace(environ=home)
        with mock.patch.object(distribution, "said", return_value=java):
            return distribution.choose(version, settings)

    def test_the_jars_of_a_distribution_are_in_libs(self):
        libs = self.jar("libs")

        found = self.choose()
        self.assertIsInstance(found, Distribution)
        self.assertEqual((libs, "4.1.1"), (found.jars, found.version))
        self.assertEqual("/opt/java/bin/java", str(found.java))
        self.assertEqual(f"Kafka 4.1.1 in {libs}, on openjdk 17.0.15 2025-04-15", str(found))

    def test_a_directory_of_jars_will_do(self):
        self.assertEqual(self.directory, self.jar(".").resolve())
        self.assertEqual("4.1.1", self.choose().version)

    def test_a_directory_without_a_broker_is_refused(self):
        self.assertIn("holds no kafka_*.jar, nor does its directory libs", self.choose())

    def test_another_version_than_was_asked_for_is_refused(self):
        self.jar("libs")

        self.assertIn("is not Kafka 3.9", self.choose("3.9"))
        self.assertIsInstance(self.choose("4"), Distribution)

    def test_a_version_that_is_too_old_is_refused(self):
        self.jar("libs", "3.6.2")

        self.assertIn("is older than 3.7", self.choose())

    def test_a_java_that_is_too_old_or_none_is_refused(self):
        self.jar("libs")
        self.assertIn("wants Java 17 or later", self.choose(java="openjdk 11.0.2 2019-01-15"))
        distribution.distribution.cache_clear()
        self.assertIn("is: does not run", self.choose(java=None))
        distribution.distribution.cache_clear()
        with mock.patch.object(distribution.shutil, "which", return_value=None):
            self.assertIn("there is no Java for Kafka 4.1.1", self.choose(JAVA_HOME=""))

    def test_a_home_that_cannot_be_used_is_a_refusal_never_the_mock(self):
        settings = self.settings()._replace(environ={"KAFKA_HOME": str(self.directory / "gone")})

        self.assertIn("holds no kafka_*.jar", EmbeddedKafka().refusal(settings))


class MockTest(DirectoryTest):
    def refusal(self, *options):
        return EmbeddedKafka(*options).refusal(self.settings()._replace(environ={}))

    def test_the_mock_is_refused_where_it_cannot_be_what_was_asked_for(self):
        self.assertIn("is not Kafka 4; set KAFKA_HOME to a distribution", self.refusal("4"))
        self.assertIn("has no settings such as ('a', 'b')", self.refusal(None, (("a", "b"),)))
