"""Settings: environment variables with one prefix, read once into one frozen record.

`ORDERS_KAFKA__BOOTSTRAP_SERVERS=…` sets `settings.kafka.bootstrap_servers`, and `ORDERS_POSTGRES__URL_FILE=…` takes a
secret from a file. An address that is not given stays None, and `operations.resolve` fills it from the local stack.
An address that is given is used, and nothing local is started. A new setting is a new field of a section here.
"""

from __future__ import annotations

from eventing.settings.apis import (
    AuthSettings,
    CommandApiSettings,
    HttpSettings,
    LoadSettings,
    QueryApiSettings,
    RateLimitSettings,
)
from eventing.settings.process import HealthSettings, PlaceSettings, TracingSettings
from eventing.settings.section import Section
from eventing.settings.servers import (
    ElasticsearchSettings,
    KafkaSettings,
    PostgresSettings,
    RedisSettings,
    RegistrySettings,
    StackPorts,
)
from eventing.settings.whole import Settings, read_settings
from eventing.settings.workers import (
    CarrierSettings,
    OutsideSettings,
    PaymentSettings,
    ProjectorSettings,
    RelaySettings,
    SagaSettings,
)

__all__ = [
    "AuthSettings",
    "CarrierSettings",
    "CommandApiSettings",
    "ElasticsearchSettings",
    "HealthSettings",
    "HttpSettings",
    "KafkaSettings",
    "LoadSettings",
    "OutsideSettings",
    "PaymentSettings",
    "PlaceSettings",
    "PostgresSettings",
    "ProjectorSettings",
    "QueryApiSettings",
    "RateLimitSettings",
    "RedisSettings",
    "RegistrySettings",
    "RelaySettings",
    "SagaSettings",
    "Section",
    "Settings",
    "StackPorts",
    "TracingSettings",
    "read_settings",
]
