"""Settings: environment variables with one prefix, read once into one frozen record.

`ORDERS_KAFKA__BOOTSTRAP_SERVERS=…` sets `settings.kafka.bootstrap_servers`. An address that is not given stays None,
and the composition root fills it from the local stack. An address that is given is used, and nothing local is started.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "ORDERS_"


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PostgresSettings(Section):
    url: SecretStr | None = Field(None, description="postgresql://user:password@host:port/database")
    pool_size: int = Field(4, ge=1, le=100, description="connections a process keeps for reads")


class KafkaSettings(Section):
    bootstrap_servers: str | None = Field(None, description="host:port, several with commas")
    topic_prefix: str = Field("", max_length=40, pattern=r"^[a-z0-9._-]*$", description="put before each topic's name")
    partitions: int = Field(6, ge=1, le=1000, description="partitions of each topic, for ever: never change it")
    replication_factor: int = Field(1, ge=1, le=15, description="3 in production")
    min_insync_replicas: int = Field(1, ge=1, le=15, description="2 in production")


class ElasticsearchSettings(Section):
    url: SecretStr | None = Field(None, description="http://user:password@host:port")
    index_prefix: str = Field("", max_length=40, pattern=r"^[a-z0-9_-]*$", description="put before each index's name")


class RedisSettings(Section):
    url: SecretStr | None = Field(None, description="redis://:password@host:port/0")
    key_prefix: str = Field("", max_length=40, pattern=r"^[a-z0-9:_-]*$", description="put before each key")


class RegistrySettings(Section):
    url: SecretStr | None = Field(None, description="a registry that speaks the Confluent REST API")
    subject_prefix: str = Field("", max_length=40, pattern=r"^[a-z0-9._-]*$", description="put before each subject")


class Settings(BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True, validate_default=True
    )

    environment: Literal["development", "test", "production"] = Field(
        "development", description="crash points and mutants exist in test only"
    )
    postgres: PostgresSettings = PostgresSettings()
    kafka: KafkaSettings = KafkaSettings()
    elasticsearch: ElasticsearchSettings = ElasticsearchSettings()
    redis: RedisSettings = RedisSettings()
    registry: RegistrySettings = RegistrySettings()
