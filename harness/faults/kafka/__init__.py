"""A relay that has Kafka's clients stay on their way through the fault proxy.

A broker tells its clients at which addresses they are to go on. Where these lead past the proxy,
the relay behind it tells them the proxy's instead.
"""
