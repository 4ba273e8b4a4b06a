"""What the log of a Kafka broker says, and what it most likely means."""

from __future__ import annotations

CAUSES = (
    ("Address already in use", "another program took the port"),
    ("No space left on device", "the disk is full"),
    ("OutOfMemoryError", "the broker has too little memory"),
    ("There is insufficient memory for the Java Runtime", "the machine has no memory left"),
    ("ConfigException", "`settings=` holds a setting that the broker does not take"),
    ("UnsupportedClassVersionError", "this Kafka wants a newer Java"),
    ("Could not find or load main class", "jars are missing: KAFKA_HOME is no whole distribution"),
    ("NoClassDefFoundError", "jars are missing: KAFKA_HOME is no whole distribution"),
    ("cannot open shared object file", "confluent-kafka is broken: install it again"),
)
