"""Settings: environment variables with one prefix, read once into one frozen record.

`ORDERS_KAFKA__BOOTSTRAP_SERVERS=…` sets `settings.kafka.bootstrap_servers`, and `ORDERS_POSTGRES__URL_FILE=…` takes a
secret from a file. An address that is not given stays None, and `operations.resolve` fills it from the local stack.
An address that is given is used, and nothing local is started. A new setting is a new field of a section here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from eventing.environment import PREFIX, EnvironmentSource, explain
from eventing.locations import address_check, brokers_check

Folder = Annotated[Path, AfterValidator(lambda path: path.expanduser().absolute())]
Port = Annotated[int, Field(ge=0, le=65535)]
PostgresUrl = Annotated[SecretStr, AfterValidator(address_check("postgresql", "postgresql+psycopg", "postgres"))]
RedisUrl = Annotated[SecretStr, AfterValidator(address_check("redis", "rediss", "unix"))]
Brokers = Annotated[str, AfterValidator(brokers_check)]
HttpUrl = Annotated[SecretStr, AfterValidator(address_check("http", "https"))]


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


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


class AuthSettings(Section):
    issuer: str = Field("https://orderloom.local", min_length=1, description="the `iss` that tokens must have")
    audience: str = Field("orderloom", min_length=1, description="the `aud` that tokens must have")
    jwks_url: str | None = Field(None, pattern=r"^https?://", description="where the issuer publishes its keys")
    jwks_file: Path | None = Field(None, description="the issuer's keys as a file, instead of a URL")
    key_file: Path | None = Field(None, description="the local issuer's key pair; in the stack's folder if not given")
    leeway: int = Field(10, ge=0, le=30, description="seconds that clocks may differ")

    @model_validator(mode="after")
    def _one_source_of_keys(self) -> Self:
        if self.jwks_url and self.jwks_file:
            raise ValueError("ORDERS_AUTH__JWKS_URL and ORDERS_AUTH__JWKS_FILE are both set: unset one of them")
        return self


class HttpSettings(Section):
    host: str = Field("127.0.0.1", min_length=1, description="the address to listen at")
    port: Port = Field(0, description="the port to listen at; 0 takes a free one")
    body_limit: int = Field(64 * 1024, ge=1024, le=16 * 1024 * 1024, description="bytes a request may have")
    connection_limit: int = Field(1000, ge=1, description="connections at a time")
    notice_seconds: float = Field(0.5, ge=0, le=300, description="seconds of not being ready before the door closes")
    drain_seconds: float = Field(10.0, ge=0, le=300, description="seconds for requests to finish when it stops")
    trusted_proxies: str = Field("", description="addresses whose X-Forwarded-For is believed, with commas")


class CommandApiSettings(HttpSettings):
    port: Port = Field(8080, description="the port of the write API; 0 takes a free one")


class QueryApiSettings(HttpSettings):
    port: Port = Field(8081, description="the port of the query API; 0 takes a free one")


class RateLimitSettings(Section):
    enabled: bool = Field(True, description="whether callers are limited at all")
    per_second: float = Field(100.0, gt=0, description="requests a second that a caller may go on making")
    burst: int = Field(200, ge=1, description="requests that a caller may make at once")


class LoadSettings(Section):
    queue_limit: int = Field(2000, ge=1, description="appends that may wait before requests are turned away")
    relay_lag_events: int = Field(500_000, ge=1, description="unpublished events before requests are turned away")
    relay_lag_seconds: float = Field(300.0, gt=0, description="age of the oldest of them before that")


class RelaySettings(Section):
    lease_ttl: float = Field(5.0, ge=0.5, le=300, description="seconds after which a silent leader is replaced")
    linger_ms: float = Field(0.0, ge=0, le=1000, description="milliseconds to wait for a fuller batch to Kafka")
    batch: int = Field(5000, ge=1, le=100_000, description="events read from the log at a time")
    idle_poll_ms: float = Field(20.0, ge=1, le=1000, description="milliseconds between looks at an idle log")
    health_port: Port = Field(8090, description="the port of /livez, /readyz, /health, /metrics; 0 takes a free one")


class HealthSettings(Section):
    host: str = Field("127.0.0.1", min_length=1, description="the address at which workers show how they are")


class PlaceSettings(Section):
    node: str | None = Field(None, max_length=100, description="this process's machine; its host name if not given")
    region: str = Field("local", max_length=100, description="where it runs, as /health says")
    zone: str = Field("local", max_length=100, description="the part of the region, as /health says")


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True, hide_input_in_errors=True)

    environment: Literal["development", "test", "production"] = Field(
        "development", description="crash points and mutants exist in test only"
    )
    crash_point: str | None = Field(None, description="name:pass, where a process ends itself at once; test only")
    cache_dir: Folder | None = Field(None, description="where downloads are kept; the user's own cache if not given")
    stack_dir: Folder = Field(
        Path(".orders"), validate_default=True, description="where the local stack keeps its data and its state file"
    )
    stack_user: str = Field("nobody", description="who runs the servers when the stack is started by root")
    postgres: PostgresSettings = PostgresSettings()
    kafka: KafkaSettings = KafkaSettings()
    elasticsearch: ElasticsearchSettings = ElasticsearchSettings()
    redis: RedisSettings = RedisSettings()
    registry: RegistrySettings = RegistrySettings()
    stack_ports: StackPorts = StackPorts()
    auth: AuthSettings = AuthSettings()
    command_api: CommandApiSettings = CommandApiSettings()
    query_api: QueryApiSettings = QueryApiSettings()
    rate_limit: RateLimitSettings = RateLimitSettings()
    load: LoadSettings = LoadSettings()
    relay: RelaySettings = RelaySettings()
    health: HealthSettings = HealthSettings()
    place: PlaceSettings = PlaceSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, EnvironmentSource(settings_cls)


def read_settings() -> Settings:
    """The settings of this process, or one sentence on what is wrong with them."""
    try:
        return Settings()
    except ValidationError as error:
        raise explain(error, Settings) from None
