"""A broker in Docker that is reached from both sides: from this machine, and by its alias."""

from harness import Container, HarnessTestCase, Kafka
from tests.integration.providers import environment

# A request for the metadata, of which the answer begins with the address that the broker gives to
# whoever asks there: length, number, throttling, count, node, length of the host, host, port.
ASK = r"""
exec 3<>"/dev/tcp/${BROKER%:*}/${BROKER#*:}"
printf '\0\0\0\17\0\3\0\5\0\0\0\7\377\377\377\377\377\377\0' >&3
timeout 10 head -c 32 <&3 | od -An -v -tx1 | tr -d ' \n'
"""


class AliasTest(HarnessTestCase):
    environment = environment("docker")
    events = Kafka(alias="broker")
    client = Container("postgres", command="sleep 600", environment={"BROKER": events.address()})

    def test_the_address_of_a_peer_is_its_alias(self):
        self.assertEqual("broker:19092\n", self.client.exec("printenv BROKER").output)

    def test_whoever_asks_inside_is_told_to_go_on_inside(self):
        answer = bytes.fromhex(self.client.exec(["bash", "-c", ASK]).output)

        self.assertEqual(b"broker", answer[22:28])
        self.assertEqual(19092, int.from_bytes(answer[28:32], "big"))

    def test_whoever_asks_outside_is_told_to_go_on_outside(self):
        topic = self.events.topic("orders")
        self.events.produce(topic, "x")

        self.assertEqual(b"x", self.events.consumer(topic).poll(20).value())
        (node,) = self.events.consumer().list_topics(timeout=5).brokers.values()
        self.assertEqual(self.events.bootstrap_servers, f"{node.host}:{node.port}")

    def test_it_says_that_it_has_an_alias(self):
        self.requireCapability(self.events, "network.alias")
