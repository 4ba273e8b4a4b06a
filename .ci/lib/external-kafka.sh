# shellcheck shell=bash
# shellcheck disable=SC2034 # steps.sh reads `state` and `version`
# A Kafka broker that stands for somebody else's: the one that KAFKA_BOOTSTRAP_SERVERS names. Sourced after kafka.sh and
# external-server.sh.
#
# Its settings are those of any broker that is alone, but that it does not wait for further members of a group.

broker_dir=$cache/external-kafka
broker_java=(java -Xmx256m -XX:+UseSerialGC -Dorg.slf4j.simpleLogger.defaultLogLevel=warn -cp "$cache/kafka/libs/*")

prepare_broker() {
    state=reused
    if ! broker_answers; then revive_broker; fi
    version="$(kafka_version) on $(broker_address)"
}

broker_address() { printf '127.0.0.1:%s\n' "$(<"$broker_dir/port")"; }

# Nobody else is given its port as long as it is ours and alive.
broker_answers() {
    recorded_pid external-kafka >/dev/null && (exec 3<>"/dev/tcp/127.0.0.1/$(<"$broker_dir/port")") 2>/dev/null
}

as_nobody() { setpriv --reuid=nobody --regid=nogroup --clear-groups --reset-env "$@"; }

revive_broker() {
    if ! recorded_pid external-kafka >/dev/null; then
        say "starting the external Kafka broker"
        state=new
        mkdir -p "$broker_dir"
        free_port "$(cat "$broker_dir/port" 2>/dev/null || echo 0)" >"$broker_dir/port.new"
        mv "$broker_dir/port.new" "$broker_dir/port"
        free_port 0 >"$broker_dir/controller"
        broker_settings >"$broker_dir/server.properties"
        install -d -o nobody -g nogroup -m 700 "$broker_dir/data"
        logged external-kafka-made as_nobody "${broker_java[@]}" kafka.tools.StorageTool format --ignore-formatted \
            -t ZXh0ZXJuYWwta2Fma2EtMQ -c "$broker_dir/server.properties"
        start_detached external-kafka setpriv --reuid=nobody --regid=nogroup --clear-groups --reset-env \
            "${broker_java[@]}" kafka.Kafka "$broker_dir/server.properties"
    fi
    await external-kafka 60 broker_answers
}

broker_settings() {
    local address controller
    address=$(broker_address) controller=127.0.0.1:$(<"$broker_dir/controller")
    printf '%s\n' 'node.id=1' 'process.roles=broker,controller' 'controller.listener.names=CONTROLLER' \
        "listeners=PLAINTEXT://$address,CONTROLLER://$controller" "advertised.listeners=PLAINTEXT://$address" \
        "controller.quorum.voters=1@$controller" "log.dirs=$broker_dir/data" 'group.initial.rebalance.delay.ms=0' \
        'offsets.topic.num.partitions=1' 'offsets.topic.replication.factor=1' 'transaction.state.log.num.partitions=1' \
        'transaction.state.log.replication.factor=1' 'transaction.state.log.min.isr=1'
}

end_broker() { end_recorded external-kafka TERM KILL; }
