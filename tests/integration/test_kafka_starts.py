"""Brokers that cannot start say why, and leave nothing."""

import os
import shutil
import tempfile
import unittest
from pathlib import Path

from harness import Environment, Kafka
from harness.core.settings import Settings
from harness.errors import StartError
from harness.services.kafka.prepared import ARCHIVE, STORAGE
from tests.integration.kafka import BROKERS, HOME, need, own
from tests.integration.providers import on_one_python

WRONG = (("log.retention.ms", "for ever"),)


@on_one_python
class StartTest(unittest.TestCase):
    def setUp(self):
        if "jars" not in BROKERS:
            self.skipTest(f"{HOME} is not set, or embedded brokers are left out")
        need(self, "jars")

    def directory(self):
        holder = tempfile.TemporaryDirectory(prefix="kafka-")
        self.addCleanup(holder.cleanup)
        return Path(holder.name)

    def environment(self, **variables):
        place = self.directory()
        environ = {
            **{key: os.environ[key] for key in ("PATH", HOME)},
            "HARNESS_STATE_DIR": str(place / "state"),
            "HARNESS_CACHE_DIR": str(place / "cache"),
            **variables,
        }
        made = Environment(Settings.read(environ=environ), providers="embedded")
        self.addCleanup(made.close)
        return made

    def test_a_setting_that_the_broker_does_not_take_is_named(self):
        with self.assertRaises(StartError) as raised:
            own(self, "jars").instance(Kafka(settings=WRONG))

        text = str(raised.exception)
        self.assertIn("kafka on embedded ended while starting: exit code 1", text)
        self.assertIn("for ever", text)
        self.assertIn("`settings=` holds a setting that the broker does not take", text)

    def test_jars_that_are_not_all_there_are_named(self):
        broken = self.directory()
        libs = Path(os.environ[HOME])
        libs = libs / "libs" if (libs / "libs").is_dir() else libs
        for jar in libs.glob("kafka_*.jar"):
            shutil.copy(jar, broken)

        with self.assertRaises(StartError) as raised:
            self.environment(**{HOME: str(broken)}).instance(Kafka())

        text = str(raised.exception)
        self.assertIn("could not be formatted", text)
        self.assertIn("jars are missing: KAFKA_HOME is no whole distribution", text)

    def test_what_is_prepared_once_is_used_by_the_next_start(self):
        environment = self.environment()
        environment.instance(Kafka())
        cache = environment.settings.cache_dir
        (place,) = cache.glob("kafka-*")
        made = {path.name: path.stat().st_mtime_ns for path in place.iterdir()}
        self.assertEqual({ARCHIVE, STORAGE}, set(made))
        environment.close()

        again = Environment(environment.settings._replace(), providers="embedded")
        self.addCleanup(again.close)
        with again.lease(Kafka()) as lease:
            command = Path(f"/proc/{lease.instance.running.pid}/cmdline").read_text("utf-8")
            self.assertIn(f"-XX:SharedArchiveFile={place / ARCHIVE}", command)
        self.assertEqual(made, {path.name: path.stat().st_mtime_ns for path in place.iterdir()})
        self.assertEqual([place], list(cache.glob("kafka-*")))


class DockerTest(unittest.TestCase):
    def test_a_setting_that_the_broker_does_not_take_is_named(self):
        if "docker" not in BROKERS:
            self.skipTest("docker is left out")
        need(self, "docker")
        with tempfile.TemporaryDirectory() as state:
            environment = Environment(providers="docker", state_dir=state)
            with environment, self.assertRaises(StartError) as raised:
                environment.instance(Kafka(settings=WRONG))

        self.assertIn("kafka on docker ended while starting: exit code 1", str(raised.exception))
        self.assertIn("`settings=` holds a setting", str(raised.exception))
