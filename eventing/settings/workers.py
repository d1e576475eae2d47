"""What works behind the APIs, and whom it asks outside."""

from __future__ import annotations

from typing import Self

from pydantic import Field, SecretStr, model_validator

from eventing.settings.section import HttpUrl, Port, Section


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
