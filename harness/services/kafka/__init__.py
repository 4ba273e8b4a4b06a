"""Apache Kafka, or librdkafka's mock cluster where that is what there is."""

from harness.services.kafka.service import Kafka

__all__ = ["Kafka"]
