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

Environment = Literal["development", "test", "production"]
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
    cursor_key: SecretStr | None = Field(
        None, min_length=32, description="signs cursors, the same in all query APIs; in the stack's folder if not given"
    )
    origins: str = Field("", description="origins whose pages may open live streams, with commas")
    wait_seconds: float = Field(2.0, ge=0, le=60, description="how long a query waits for a token that says nothing")
    longest_wait_seconds: float = Field(10.0, ge=0, le=60, description="how long it waits at most, whatever it says")
    cache_entries: int = Field(10_000, ge=0, le=1_000_000, description="orders kept in the process; 0 keeps none")
    cache_seconds: float = Field(1.0, ge=0, le=60, description="how long one is kept though nobody says it changed")
    streams: int = Field(500, ge=0, le=100_000, description="live streams of a process at a time")
    streams_per_caller: int = Field(20, ge=1, le=10_000, description="live streams of one caller at a time")


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
    idle_poll_ms: float = Field(15.0, ge=1, le=1000, description="milliseconds between looks at an idle log")
    health_port: Port = Field(8090, description="the port of /livez, /readyz, /health, /metrics; 0 takes a free one")


class OutsideSettings(Section):
    """A service of somebody else's, which the platform asks over HTTP. It may be slow, wrong or away at any time."""

    url: HttpUrl | None = Field(None, description="https://host:port of the service")
    api_key: SecretStr | None = Field(None, description="sent to it as a bearer token")
    attempt_seconds: float = Field(3.0, gt=0, le=60, description="seconds that one attempt may take")
    deadline_seconds: float = Field(10.0, gt=0, le=300, description="seconds for all attempts and pauses of a question")
    attempts: int = Field(3, ge=1, le=10, description="attempts until it is put off, if the deadline allows them")
    first_pause: float = Field(0.1, gt=0, le=10, description="seconds: the longest first pause; each next one doubles")
    longest_pause: float = Field(2.0, gt=0, le=60, description="seconds that a pause may have at most")
    answer_limit: int = Field(64 * 1024, ge=1024, le=1024 * 1024, description="bytes that are read of an answer")
    breaker_failures: int = Field(5, ge=3, le=10, description="failures in a row before it is left alone")
    breaker_seconds: float = Field(30.0, ge=30, le=120, description="seconds for which it is left alone")
    breaker_probes: int = Field(1, ge=1, le=10, description="attempts at a time that then find out how it is")
    concurrency: int = Field(64, ge=1, le=1000, description="questions on their way to it at a time")
    queue: int = Field(
        256, ge=0, le=100_000, description="questions that wait for their turn before others are put off"
    )


class PaymentSettings(OutsideSettings):
    """The payment provider."""


class CarrierSettings(OutsideSettings):
    """The carrier."""


class SagaSettings(Section):
    health_port: Port = Field(8100, description="the port of /livez, /readyz, /health, /metrics; 0 takes a free one")
    batch: int = Field(500, ge=1, le=10_000, description="records handled at a time")
    session_seconds: float = Field(10.0, ge=1, le=300, description="seconds until a silent process is replaced")
    instance: str | None = Field(
        None,
        max_length=100,
        pattern=r"^[A-Za-z0-9._-]+$",
        description="a name that stays over restarts: none rebalances",
    )
    inventory_seconds: float = Field(60.0, gt=0, description="seconds for stock to be set aside")
    payment_seconds: float = Field(900.0, gt=0, description="seconds for the money to be taken")
    shipping_seconds: float = Field(900.0, gt=0, description="seconds for the parcel to be booked")
    order_seconds: float = Field(3600.0, gt=0, description="seconds for a whole order")
    look_seconds: float = Field(0.5, gt=0, le=60, description="seconds between the watchdog's looks at the deadlines")
    questions: int = Field(64, ge=1, le=10_000, description="questions to the outside under way at a time")
    ask_seconds: float = Field(20.0, gt=0, le=600, description="seconds for one question with all its attempts")
    lease_seconds: float = Field(30.0, gt=0, le=3600, description="seconds after which another process may ask it")
    first_pause: float = Field(0.5, gt=0, le=60, description="seconds: longest pause before it is asked again")
    longest_pause: float = Field(60.0, gt=0, le=3600, description="seconds to which that pause may grow")
    drain_seconds: float = Field(10.0, ge=0, le=300, description="seconds for open questions when it stops")

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.lease_seconds <= self.ask_seconds:
            raise ValueError(
                "ORDERS_SAGA__LEASE_SECONDS has to be longer than ORDERS_SAGA__ASK_SECONDS: "
                "two processes would ask the same question at a time"
            )
        return self


class ProjectorSettings(Section):
    batch: int = Field(2000, ge=1, le=20_000, description="messages taken from Kafka at a time")
    refresh_ms: float = Field(
        200.0, ge=10, le=60_000, description="milliseconds until a written document is searchable"
    )
    recent: int = Field(5000, ge=0, le=1_000_000, description="documents of each model that a process remembers")
    session_timeout: float = Field(10.0, ge=1, le=300, description="seconds after which a silent process is replaced")
    health_port: Port = Field(8091, description="the port of /livez, /readyz, /health, /metrics; 0 takes a free one")


class HealthSettings(Section):
    host: str = Field("127.0.0.1", min_length=1, description="the address at which workers show how they are")


class PlaceSettings(Section):
    node: str | None = Field(None, max_length=100, description="this process's machine; its host name if not given")
    region: str = Field("local", max_length=100, description="where it runs, as /health says")
    zone: str = Field("local", max_length=100, description="the part of the region, as /health says")


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True, hide_input_in_errors=True)

    environment: Environment = Field("development", description="crash points exist in test only")
    crash_point: str | None = Field(None, description="name:pass, where a process ends itself at once; test only")
    crash_point_tally: Folder | None = Field(None, description="a file that counts passes of crash points; test only")
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
    payments: PaymentSettings = PaymentSettings()
    carrier: CarrierSettings = CarrierSettings()
    saga: SagaSettings = SagaSettings()
    projector: ProjectorSettings = ProjectorSettings()
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
