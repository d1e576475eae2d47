from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from eventing.errors import Misconfigured
from eventing.settings import Settings, read_settings


def test_a_variable_sets_a_field_of_its_section(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORDERS_KAFKA__BOOTSTRAP_SERVERS", "a:9092,b:9092")
    monkeypatch.setenv("ORDERS_KAFKA__PARTITIONS", "12")

    settings = read_settings()

    assert (settings.kafka.bootstrap_servers, settings.kafka.partitions) == ("a:9092,b:9092", 12)


def test_a_record_once_read_does_not_change() -> None:
    with pytest.raises(ValidationError):
        setattr(read_settings().kafka, "partitions", 3)  # noqa: B010


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        # a misspelt name would otherwise mean "not given", and something local would be started
        ("ORDERS_POSTGRES__ULR", "postgresql://db/x", "did you mean ORDERS_POSTGRES__URL?"),
        ("ORDERS_KAFKA__BOOTSTRAP_SERVER", "a:1", "did you mean ORDERS_KAFKA__BOOTSTRAP_SERVERS?"),
        ("ORDERS_REDIS__URL_FIEL", "x", "did you mean ORDERS_REDIS__URL_FILE?"),
        ("ORDERS_XYZZY", "1", "ORDERS_XYZZY is not a setting: unset it"),
        ("ORDERS_KAFKA", "{}", "ORDERS_KAFKA is a section, not a setting: set ORDERS_KAFKA__"),
        # only a secret may come from a file
        ("ORDERS_KAFKA__PARTITIONS_FILE", "x", "ORDERS_KAFKA__PARTITIONS_FILE is not a setting"),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest_known_one(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, sentence: str
) -> None:
    monkeypatch.setenv(variable, value)

    with pytest.raises(Misconfigured) as refused:
        read_settings()

    assert sentence in str(refused.value)


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("ORDERS_KAFKA__PARTITIONS", "many", "ORDERS_KAFKA__PARTITIONS is 'many', but should be a valid integer."),
        ("ORDERS_KAFKA__PARTITIONS", "0", "ORDERS_KAFKA__PARTITIONS is '0', but should be greater than or equal to 1."),
        ("ORDERS_ENVIRONMENT", "prod", "ORDERS_ENVIRONMENT is 'prod', but should be 'development', 'test' or"),
        (
            "ORDERS_KAFKA__BOOTSTRAP_SERVERS",
            "http://a",
            "ORDERS_KAFKA__BOOTSTRAP_SERVERS is 'http://a', but should be host",
        ),
        ("ORDERS_KAFKA__MIN_INSYNC_REPLICAS", "3", "is larger than ORDERS_KAFKA__REPLICATION_FACTOR"),
        ("ORDERS_KAFKA__SECURITY_PROTOCOL", "sasl_ssl", "needs ORDERS_KAFKA__USERNAME and ORDERS_KAFKA__PASSWORD"),
        ("ORDERS_POSTGRES__URL", "", "ORDERS_POSTGRES__URL should look like postgresql://"),
        ("ORDERS_REGISTRY__URL", "registry:8081", "ORDERS_REGISTRY__URL should look like http://"),
    ],
)
def test_a_wrong_value_is_told_in_one_sentence_that_names_its_variable(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, sentence: str
) -> None:
    monkeypatch.setenv(variable, value)

    with pytest.raises(Misconfigured) as refused:
        read_settings()

    assert sentence in str(refused.value)
    assert len(str(refused.value).splitlines()) == 1


@pytest.mark.parametrize("address", ["mysql://orders:hunter2@db/x", "postgresql://orders:hun/ter2@db:1/x", "hunter2"])
def test_no_sentence_repeats_a_secret(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("ORDERS_POSTGRES__URL", address)

    with pytest.raises(Misconfigured) as refused:
        read_settings()

    assert "ter2" not in str(refused.value)


def test_a_secret_may_lie_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    secret = tmp_path / "postgres-url"
    secret.write_text("postgresql://orders:hunter2@db:5432/orders\n")
    monkeypatch.setenv("ORDERS_POSTGRES__URL_FILE", str(secret))

    assert read_settings().postgres.url == SecretStr("postgresql://orders:hunter2@db:5432/orders")


def test_a_secret_given_twice_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ORDERS_REDIS__URL", "redis://cache")
    monkeypatch.setenv("ORDERS_REDIS__URL_FILE", str(tmp_path / "x"))

    with pytest.raises(Misconfigured, match="are both set: unset one of them"):
        read_settings()


@pytest.mark.parametrize("content", [None, b"\xff\xfe", b"x" * 70_000])
def test_a_secret_file_that_can_not_be_read_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes | None
) -> None:
    secret = tmp_path / "secret"
    if content is not None:
        secret.write_bytes(content)
    monkeypatch.setenv("ORDERS_REDIS__URL_FILE", str(secret))

    with pytest.raises(Misconfigured, match=f"ORDERS_REDIS__URL_FILE names {secret}"):
        read_settings()


def test_a_record_never_shows_its_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORDERS_POSTGRES__URL", "postgresql://orders:hunter2@db/orders")
    monkeypatch.setenv("ORDERS_KAFKA__PASSWORD", "hunter2")

    assert "hunter2" not in repr(Settings())


def test_a_kafka_client_is_told_how_to_log_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORDERS_KAFKA__BOOTSTRAP_SERVERS", "broker:9094")
    monkeypatch.setenv("ORDERS_KAFKA__SECURITY_PROTOCOL", "sasl_ssl")
    monkeypatch.setenv("ORDERS_KAFKA__USERNAME", "orders")
    monkeypatch.setenv("ORDERS_KAFKA__PASSWORD", "hunter2")

    assert read_settings().kafka.connection() == {
        "bootstrap.servers": "broker:9094",
        "security.protocol": "sasl_ssl",
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": "orders",
        "sasl.password": "hunter2",
    }
