"""The five servers in containers, for machines with a Docker engine: `make test BACKING=containers`.

They belong to one run of the tests, whichever of its processes asked first, and end with it (owned_containers.py).
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Final

from testcontainers.community.elasticsearch import ElasticSearchContainer
from testcontainers.community.postgres import PostgresContainer
from testcontainers.community.redis import RedisContainer
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import ExecWaitStrategy, HttpWaitStrategy, LogMessageWaitStrategy

from local_stack.locks import exclusive
from tests import owned_containers
from tests.backing import Backing, CannotBeHad, Run

COMPOSE_FILE: Final = Path(__file__).parents[1] / "docker-compose.yml"
SERVERS: Final = ("postgres", "kafka", "elasticsearch", "redis", "registry")
FILE_NAME: Final = "containers.json"
REGISTRY_API: Final = "/apis/ccompat/v7"
KAFKA_PORT: Final = 9092
REGISTRY_PORT: Final = 8080
SECONDS: Final = 180
"""A machine that does other things beside starts Elasticsearch in a minute."""

# The library's watcher would remove them as soon as the process that started them ends, while others still test.
testcontainers_config.ryuk_disabled = True


def engine_answers() -> bool:
    asking = ("docker", "version", "--format", "{{.Server.Version}}")
    try:
        return not subprocess.run(asking, capture_output=True, check=False, timeout=60).returncode
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return False


def image_of(server: str) -> str:
    """`ORDERS_IMAGE_KAFKA`, or what docker-compose.yml takes where nothing is said."""
    variable = f"ORDERS_IMAGE_{server.upper()}"
    written = re.search(rf"\$\{{{variable}:-([^}}]+)\}}", COMPOSE_FILE.read_text(encoding="utf-8"))
    assert written, f"docker-compose.yml takes no {variable}"
    return os.environ.get(variable) or written[1]


def have_images() -> None:
    """Before the first test, whose time is not meant for a download. Raises `CannotBeHad` with a sentence."""
    for image in map(image_of, SERVERS):
        if subprocess.run(("docker", "image", "inspect", image), capture_output=True, check=False).returncode == 0:
            continue
        sys.stderr.write(f"tests: pulling {image} …\n")
        pulled = subprocess.run(("docker", "pull", "--quiet", image), capture_output=True, check=False, text=True)
        if pulled.returncode:
            raise CannotBeHad(
                f"BACKING=containers, but {image} can't be had ({pulled.stderr.strip()}): name another image by "
                "ORDERS_IMAGE_… (docs/containers.md), or leave it out."
            )


def backing(run: Run) -> Backing:
    """The first process of the run to come starts them; the others wait at the lock and find them."""
    run.folder.mkdir(exist_ok=True, mode=0o700)
    with exclusive(run.folder / "containers.lock"):
        known = run.folder / FILE_NAME
        if not known.exists():
            owned_containers.remove_orphans()
            owned_containers.post_guardian(run.folder.name, run.owner)
            try:
                known.write_text(json.dumps(asdict(start(run))))
            except BaseException:  # also when it takes too long for the test that waits for it
                owned_containers.remove(run.folder.name)
                raise
        return Backing(**json.loads(known.read_text()))


def start(run: Run) -> Backing:
    """Side by side; each is waited for until it does what it is asked."""
    servers = postgres, kafka, elasticsearch, redis, registry = (
        _postgres(),
        ApacheKafkaContainer(image_of("kafka")),
        _elasticsearch(),
        _redis(),
        _registry(),
    )
    for server in servers:
        server.with_kwargs(labels=owned_containers.labels(run.folder.name, run.owner), mem_limit="1536m")
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda server: server.start(), servers))
    return Backing(
        postgres_url=f"postgresql://orders:orders@{place_of(postgres, postgres.port)}/orders",
        kafka_bootstrap=place_of(kafka, KAFKA_PORT),
        elasticsearch_url=f"http://{place_of(elasticsearch, elasticsearch.port)}",
        redis_url=f"redis://{place_of(redis, redis.port)}/0",
        registry_url=f"http://{place_of(registry, REGISTRY_PORT)}{REGISTRY_API}",
    )


def end(run: Run) -> None:
    """Also what was begun and is not known: a run that was stopped while its servers started leaves nothing either."""
    if run.folder.exists():
        owned_containers.remove(run.folder.name)
        (run.folder / FILE_NAME).unlink(missing_ok=True)


class ApacheKafkaContainer(DockerContainer):
    """Kafka in KRaft mode from the image apache/kafka: the library's own class knows Confluent's image only.

    A broker tells its clients under which address to reach it, and the port is known only when the container runs. So
    the container waits for a file with that address, and starts its server then. (The same is done by
    org.testcontainers.kafka.KafkaContainer.)
    """

    _SETTINGS: Final = {
        # docker/examples/docker-compose-files/single-node/plaintext of apache/kafka; more in docker-compose.yml.
        "CLUSTER_ID": "4L6g3nShT-eMCtK--X86sw",
        "KAFKA_NODE_ID": "1",
        "KAFKA_PROCESS_ROLES": "broker,controller",
        "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9094",
        "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
        "KAFKA_INTER_BROKER_LISTENER_NAME": "BROKER",
        "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "CONTROLLER:PLAINTEXT,BROKER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
        "KAFKA_LISTENERS": f"PLAINTEXT://0.0.0.0:{KAFKA_PORT},BROKER://0.0.0.0:9093,CONTROLLER://0.0.0.0:9094",
        "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
        "KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS": "8",
        "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_NUM_PARTITIONS": "8",
        "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
        "KAFKA_SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR": "1",
        "KAFKA_SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR": "1",
        "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
        "KAFKA_HEAP_OPTS": "-Xms256m -Xmx512m",
    }
    _ADDRESS: Final = "/etc/kafka/advertised"
    _START: Final = (
        f"while [ ! -s {_ADDRESS} ]; do sleep 0.05; done; "
        f"KAFKA_ADVERTISED_LISTENERS=$(cat {_ADDRESS}) exec /etc/kafka/docker/run"
    )

    def __init__(self, image: str) -> None:
        super().__init__(image)
        self.env.update(self._SETTINGS)
        self.with_exposed_ports(KAFKA_PORT).with_command(["bash", "-c", self._START])

    def start(self) -> ApacheKafkaContainer:
        super().start()
        listeners = f"PLAINTEXT://{place_of(self, KAFKA_PORT)},BROKER://localhost:9093"
        self.copy_into_container(listeners.encode(), self._ADDRESS)
        # STARTED_MESSAGE of KafkaBroker.scala in apache/kafka: said once it takes requests.
        LogMessageWaitStrategy("Kafka Server started").with_startup_timeout(SECONDS).wait_until_ready(self)
        return self


def _postgres() -> PostgresContainer:
    postgres = PostgresContainer(image_of("postgres"), username="orders", password="orders", dbname="orders")
    postgres.with_command(
        ["postgres", "-c", "max_connections=200", "-c", "shared_buffers=128MB", "-c", "wal_level=logical"]
    )
    postgres.with_env("POSTGRES_INITDB_ARGS", "--encoding=UTF8 --locale=C")  # as docker-compose.yml
    # By the port: while the cluster is being made, the server listens at its socket only.
    ready = ["pg_isready", "--host=127.0.0.1", "--username=orders", "--dbname=orders"]
    return postgres.waiting_for(ExecWaitStrategy(ready).with_startup_timeout(SECONDS))


def _elasticsearch() -> ElasticSearchContainer:
    elasticsearch = ElasticSearchContainer(image_of("elasticsearch"))
    elasticsearch.env.update(
        {
            "discovery.type": "single-node",
            "xpack.security.enabled": "false",
            "cluster.routing.allocation.disk.threshold_enabled": "false",
            "ES_JAVA_OPTS": "-Xms512m -Xmx512m",
        }
    )
    health = HttpWaitStrategy(elasticsearch.port, "/_cluster/health?wait_for_status=yellow&timeout=1s")
    return elasticsearch.waiting_for(health.for_status_code(200).with_startup_timeout(SECONDS))


def _redis() -> RedisContainer:
    # Each test module takes a logical database of its own.
    return RedisContainer(image_of("redis")).with_command(["redis-server", "--appendonly", "yes", "--databases", "512"])


def _registry() -> DockerContainer:
    # Without another word it keeps everything in memory (H2: app/src/main/resources/application.properties there).
    registry = DockerContainer(image_of("registry")).with_exposed_ports(REGISTRY_PORT)
    registry.with_env("JAVA_OPTS_APPEND", "-Xms64m -Xmx256m")
    ready = HttpWaitStrategy(REGISTRY_PORT, f"{REGISTRY_API}/subjects").for_status_code(200)
    return registry.waiting_for(ready.with_startup_timeout(SECONDS))


def place_of(container: DockerContainer, port: int) -> str:
    """By number: `localhost` is two addresses, and only one of them may be published."""
    host = container.get_container_host_ip().replace("localhost", "127.0.0.1")
    return f"{host}:{container.get_exposed_port(port)}"
