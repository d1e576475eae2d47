"""All settings of a process as one frozen record."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from eventing.environment import PREFIX, EnvironmentSource, explain
from eventing.settings.apis import AuthSettings, CommandApiSettings, LoadSettings, QueryApiSettings, RateLimitSettings
from eventing.settings.process import HealthSettings, PlaceSettings, TracingSettings
from eventing.settings.section import Environment, Folder
from eventing.settings.servers import (
    ElasticsearchSettings,
    KafkaSettings,
    PostgresSettings,
    RedisSettings,
    RegistrySettings,
    StackPorts,
)
from eventing.settings.workers import (
    CarrierSettings,
    PaymentSettings,
    ProjectorSettings,
    RelaySettings,
    SagaSettings,
)


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
    tracing: TracingSettings = TracingSettings()

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
