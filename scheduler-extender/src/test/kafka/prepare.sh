#!/bin/sh
# Gets a Kafka broker from Maven Central, and Strimzi's HTTP bridge from its sources, which it publishes nowhere as an artifact.
# KafkaOnARealBrokerTest runs both. Takes some minutes and 150 MB; needs git and a JDK 17.
#
#   scheduler-extender/src/test/kafka/prepare.sh [FOLDER]        the folder is ~/.cache/kerf/kafka if none is given
#
# BRIDGE_REPOSITORY may name another clone than GitHub's.
set -eu
kafka=4.1.1
bridge=0.33.1
repository=${BRIDGE_REPOSITORY:-https://github.com/strimzi/strimzi-kafka-bridge}
mvnw=$(cd "$(dirname "$0")/../../../.." && pwd)/mvnw
folder=${1:-$HOME/.cache/kerf/kafka}
plugin=org.apache.maven.plugins:maven-dependency-plugin:3.8.1

rm -rf "$folder"
mkdir -p "$folder/broker" "$folder/bridge/classes"
cat > "$folder/broker/pom.xml" <<POM
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>gpu.kerf</groupId><artifactId>kafka-of-tests</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>$kafka</version></dependency>
  </dependencies>
</project>
POM
"$mvnw" -q -f "$folder/broker/pom.xml" "$plugin:build-classpath" -Dmdep.outputFile="$folder/broker/classpath"

git -c advice.detachedHead=false clone -q --depth 1 --branch "$bridge" "$repository" "$folder/bridge/sources"
cd "$folder/bridge/sources"
"$mvnw" -q -f pom.xml "$plugin:build-classpath" -Dmdep.includeScope=compile -Dmdep.outputFile="$folder/bridge/dependencies"
find src/main/java -name '*.java' > "$folder/bridge/files"
javac --release 17 -nowarn -proc:none -d "$folder/bridge/classes" -cp "$(cat "$folder/bridge/dependencies")" "@$folder/bridge/files"
cp -R src/main/resources/. "$folder/bridge/classes"
printf '%s:%s' "$folder/bridge/classes" "$(cat "$folder/bridge/dependencies")" > "$folder/bridge/classpath"
