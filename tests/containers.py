"""The five servers in containers, for machines with a Docker engine: `BACKING=containers make test`.

Whoever asked for them may be killed at any time: the library's own watcher removes them then.
"""

from __future__ import annotations

import subprocess
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from testcontainers.community.elasticsearch import ElasticSearchContainer
from testcontainers.community.kafka import KafkaContainer
from testcontainers.community.postgres import PostgresContainer
from testcontainers.community.redis import RedisContainer
from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import HttpWaitStrategy

from tests.backing import Backing

REGISTRY_API: Final = "/apis/ccompat/v7"
REGISTRY_PORT: Final = 8080


def engine_answers() -> bool:
    asking = ("docker", "version", "--format", "{{.Server.Version}}")
    try:
        return not subprocess.run(asking, capture_output=True, check=False, timeout=10).returncode
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return False


def backing() -> Backing:
    """Started side by side; each is waited for until it does what it is asked."""
    postgres = PostgresContainer("postgres:17", username="orders", password="orders", dbname="orders", driver=None)
    kafka = KafkaContainer("confluentinc/cp-kafka:7.9.0").with_kraft()
    kafka.with_env("KAFKA_AUTO_CREATE_TOPICS_ENABLE", "false")
    elasticsearch = ElasticSearchContainer("elasticsearch:8.18.0")
    elasticsearch.with_env("discovery.type", "single-node").with_env("ES_JAVA_OPTS", "-Xms512m -Xmx512m")
    redis = RedisContainer("redis:7")
    registry = DockerContainer("apicurio/apicurio-registry:3.0.6").with_exposed_ports(REGISTRY_PORT)
    registry.waiting_for(HttpWaitStrategy(REGISTRY_PORT, f"{REGISTRY_API}/subjects").for_status_code(200))

    with ThreadPoolExecutor() as pool:
        list(pool.map(DockerContainer.start, (postgres, kafka, elasticsearch, redis, registry)))
    return Backing(
        postgres_url=postgres.get_connection_url(),
        kafka_bootstrap=kafka.get_bootstrap_server(),
        elasticsearch_url=f"http://{place_of(elasticsearch, elasticsearch.port)}",
        redis_url=f"redis://{place_of(redis, redis.port)}/0",
        registry_url=f"http://{place_of(registry, REGISTRY_PORT)}{REGISTRY_API}",
    )


def place_of(container: DockerContainer, port: int) -> str:
    return f"{container.get_container_host_ip()}:{container.get_exposed_port(port)}"
