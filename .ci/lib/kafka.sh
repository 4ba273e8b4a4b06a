# shellcheck shell=bash
# shellcheck disable=SC2034 # steps.sh reads `state` and `version`
# The jars of Kafka, from Maven: for the image, for the external broker, and for tests that run one without Docker.
# Sourced after base-image.sh.

kafka_home=$cache/kafka
kafka_pom=$ci_dir/images/kafka/pom.xml

prepare_kafka() {
    state=reused
    if ! cmp -s "$kafka_pom" "$kafka_home/pom.xml"; then
        state=new
        say "fetching the jars of Kafka"
        logged kafka fetch_kafka
    fi
    version="$(kafka_version) in $kafka_home"
}

kafka_version() { find "$kafka_home/libs" -name 'kafka_*.jar' | sed -n 's/.*kafka_[0-9.]*-\([0-9.]*\)\.jar$/\1/p'; }

# Made aside and renamed when complete. The user of the external broker has to read it.
fetch_kafka() {
    local work=$kafka_home.new
    rm -rf "$work"
    mkdir -p "$work"
    cp "$kafka_pom" "$work/pom.xml"
    mvn --batch-mode --file "$work/pom.xml" dependency:copy-dependencies -DoutputDirectory="$work/libs"
    chmod -R a+rX "$work"
    rm -rf "$kafka_home"
    mv "$work" "$kafka_home"
}
