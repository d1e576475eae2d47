"""The five servers that everything stands on, wherever they are, and the ports of those on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator

from eventing.settings.section import Brokers, HttpUrl, Port, PostgresUrl, RedisUrl, Section


class PostgresSettings(Section):
    url: PostgresUrl | None = Field(None, description="postgresql://user:password@host:port/database")
    pool_size: int = Field(4, ge=1, le=100, description="connections a process keeps for reads")


class KafkaSettings(Section):
    bootstrap_servers: Brokers | None = Field(None, description="host:port, several with commas")
    security_protocol: Literal["plaintext", "ssl", "sasl_plaintext", "sasl_ssl"] = Field(
        "plaintext", description="how to speak with the brokers"
    )
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
        "SCRAM-SHA-512", description="how to log in, with a sasl_ protocol"
    )
    username: str | None = Field(None, description="who logs in, with a sasl_ protocol")
    password: SecretStr | None = Field(None, description="the password for it")
    ca_file: Path | None = Field(None, description="certificates to trust with an ssl protocol, if not the system's")
    topic_prefix: str = Field("", max_length=40, pattern=r"^[a-z0-9._-]*$", description="put before each topic's name")
    partitions: int = Field(6, ge=1, le=1000, description="partitions of each topic, for ever: never change it")
    replication_factor: int = Field(1, ge=1, le=15, description="3 in production")
    min_insync_replicas: int = Field(1, ge=1, le=15, description="2 in production")

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.min_insync_replicas > self.replication_factor:
            raise ValueError(
                "ORDERS_KAFKA__MIN_INSYNC_REPLICAS is larger than ORDERS_KAFKA__REPLICATION_FACTOR: "
                "nothing could be written"
            )
        if self.security_protocol.startswith("sasl") and not (self.username and self.password):
            raise ValueError(
                "ORDERS_KAFKA__SECURITY_PROTOCOL with sasl needs ORDERS_KAFKA__USERNAME and ORDERS_KAFKA__PASSWORD"
            )
        return self

    def connection(self) -> dict[str, str]:
        """What every Kafka client needs to connect, in librdkafka's words."""
        properties = {
            "bootstrap.servers": self.bootstrap_servers or "",
            "security.protocol": self.security_protocol,
        }
        if self.ca_file:
            properties["ssl.ca.location"] = str(self.ca_file)
        if self.security_protocol.startswith("sasl") and self.username and self.password:
            properties |= {
                "sasl.mechanism": self.sasl_mechanism,
                "sasl.username": self.username,
                "sasl.password": self.password.get_secret_value(),
            }
        return properties


class ElasticsearchSettings(Section):
    url: HttpUrl | None = Field(None, description="http://user:password@host:port")
    api_key: SecretStr | None = Field(None, description="an encoded API key, instead of user and password")
    index_prefix: str = Field("", max_length=40, pattern=r"^[a-z0-9_-]*$", description="put before each index's name")


class RedisSettings(Section):
    url: RedisUrl | None = Field(None, description="redis://:password@host:port/0")
    key_prefix: str = Field("", max_length=40, pattern=r"^[a-z0-9:_-]*$", description="put before each key")


class RegistrySettings(Section):
    url: HttpUrl | None = Field(None, description="a registry that speaks the Confluent REST API")
    subject_prefix: str = Field("", max_length=40, pattern=r"^[a-z0-9._-]*$", description="put before each subject")


class StackPorts(Section):
    """0 means any free port, kept from then on."""

    postgres: Port = Field(0, description="fixed port of the local PostgreSQL")
    redis: Port = Field(0, description="fixed port of the local Redis")
    kafka: Port = Field(0, description="fixed port of the local Kafka, for clients")
    kafka_controller: Port = Field(0, description="fixed port of the local Kafka, for its own controller")
    elasticsearch: Port = Field(0, description="fixed port of the local Elasticsearch")
    registry: Port = Field(0, description="fixed port of the local schema registry")
