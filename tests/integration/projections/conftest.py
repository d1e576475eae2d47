"""What each test of the projector has of its own: a database, topics, indices, keys, projectors that end with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from confluent_kafka.admin import AdminClient

from eventing.kafka.topics import Topics
from eventing.settings import KafkaSettings
from projections.stores.elasticsearch_connecting import ask, connect
from tests.backing import Backing
from tests.support.read_models.platform import PARTITIONS, Platform
from tests.support.read_models.process import ProjectorProcess
from tests.support.relays.installation import fresh_database, template_database

StartProjector = Callable[..., ProjectorProcess]


@pytest.fixture(scope="module")
def template(backing: Backing) -> Iterator[str]:
    with template_database(backing.postgres_url) as name:
        yield name


@pytest.fixture
def platform(backing: Backing, template: str, redis_url: str, names: str) -> Iterator[Platform]:
    with fresh_database(backing.postgres_url, template) as url:
        made = Platform(url, backing.kafka_bootstrap, backing.elasticsearch_url, redis_url, names)
        Topics(KafkaSettings(bootstrap_servers=made.kafka_bootstrap, partitions=PARTITIONS)).create(made.topics)
        yield made
        client = connect(made.settings.elasticsearch)
        for index in ask(client, "GET", f"/{names}-*?ignore_unavailable=true&filter_path=*.aliases") or {}:
            ask(client, "DELETE", f"/{index}")
        client.close()
        with made.redis() as keys:
            keys.flushdb()
        admin = AdminClient({"bootstrap.servers": made.kafka_bootstrap})
        for future in admin.delete_topics(list(made.topics)).values():
            future.result(30)


@pytest.fixture
def start_projector() -> Iterator[StartProjector]:
    """A projector of a platform; further settings as keywords, `ORDERS_` left out."""
    with ExitStack() as running:

        def start(platform: Platform, *models: str, mutant: str = "none", **settings: str) -> ProjectorProcess:
            process = ProjectorProcess(platform.environment(**settings), *models, mutant=mutant)
            return running.enter_context(process)

        yield start
