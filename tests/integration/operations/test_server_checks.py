"""What is found out about real servers, with the right and with the wrong credentials."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import sql

from eventing.settings import Settings
from operations.checks.servers import check_servers
from tests.backing import Backing


def settings_for(backing: Backing, **other: str) -> Settings:
    addresses = {
        "postgres": {"url": other.get("postgres", backing.postgres_url)},
        "kafka": {"bootstrap_servers": backing.kafka_bootstrap},
        "elasticsearch": {"url": backing.elasticsearch_url},
        "redis": {"url": other.get("redis", backing.redis_url)},
        "registry": {"url": other.get("registry", backing.registry_url)},
    }
    return Settings.model_validate(addresses)


def with_login(url: str, user: str, password: str) -> str:
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f"{user}:{password}@{place}").geturl()


def told(settings: Settings, server: str) -> str:
    (finding,) = check_servers(settings, [server])
    assert not finding.ok, finding.says
    return finding.says


def test_servers_that_are_right_tell_their_versions(backing: Backing) -> None:
    findings = check_servers(settings_for(backing))

    assert [finding.says for finding in findings if not finding.ok] == []
    spoken = {finding.name: finding.says for finding in findings}
    assert re.search(r"PostgreSQL 1[5-9]\.\d+ at", spoken["postgres"])
    assert re.search(r"Kafka (3\.\d+|4 or newer) \(KRaft\) at", spoken["kafka"])
    assert re.search(r"Elasticsearch 8\.\d+\.\d+ at", spoken["elasticsearch"])
    assert re.search(r"Redis \d+\.\d+\.\d+ at", spoken["redis"])


@pytest.fixture
def login(backing: Backing, names: str) -> Iterator[str]:
    """The address for a role that has to give a password."""
    role = sql.Identifier(names)
    with psycopg.connect(backing.postgres_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'right'").format(role))
        yield with_login(backing.postgres_url, names, "right")
        connection.execute(sql.SQL("DROP ROLE {}").format(role))


def test_the_right_password_of_postgres_is_let_in(backing: Backing, login: str) -> None:
    assert check_servers(settings_for(backing, postgres=login), ["postgres"])[0].ok


def test_a_wrong_password_of_postgres_is_told_as_such(backing: Backing, login: str, names: str) -> None:
    wrong = with_login(login, names, "hunter2")

    sentence = told(settings_for(backing, postgres=wrong), "postgres")

    assert "refuses the credentials" in sentence
    assert "correct user and password in ORDERS_POSTGRES__URL" in sentence
    assert "hunter2" not in sentence


def test_a_database_that_does_not_exist_is_told_as_such(backing: Backing) -> None:
    missing = urlsplit(backing.postgres_url)._replace(path="/no_such_database").geturl()

    assert 'database "no_such_database" does not exist. Create it' in told(
        settings_for(backing, postgres=missing), "postgres"
    )


def test_a_wrong_password_of_redis_is_told_as_such(backing: Backing) -> None:
    wrong = with_login(backing.redis_url, "nobody-knows", "hunter2")

    assert "refuses the credentials" in told(settings_for(backing, redis=wrong), "redis")


def test_a_registry_address_without_its_path_is_told_with_the_path(backing: Backing) -> None:
    if not urlsplit(backing.registry_url).path.strip("/"):
        pytest.skip("this registry has its API at the root")
    bare = urlsplit(backing.registry_url)._replace(path="").geturl()

    sentence = told(settings_for(backing, registry=bare), "registry")

    assert "has no Confluent schema registry API there" in sentence
    assert "/apis/ccompat/v7" in sentence


def test_one_server_in_the_place_of_another_is_told_apart(backing: Backing) -> None:
    kafka_place = f"redis://{backing.kafka_bootstrap}/0"
    search_place = urlsplit(backing.elasticsearch_url).netloc

    assert "Redis" in told(settings_for(backing, redis=kafka_place), "redis")
    assert "is not Redis" in told(settings_for(backing, redis=f"redis://{search_place}/0"), "redis")
    assert "PostgreSQL" in told(settings_for(backing, postgres=f"postgresql://orders:x@{search_place}/x"), "postgres")
