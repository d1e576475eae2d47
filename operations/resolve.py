"""Where the servers are: what the environment gives, and for the rest the local stack, if one was started."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from pydantic import BaseModel, SecretStr

from eventing.settings import Settings, read_settings
from local_stack import state
from operations.checks.finding import not_given


class Place(NamedTuple):
    """A server's address in the settings and in the state of the local stack."""

    title: str
    section: str
    field: str
    in_stack: str
    secret: bool = True

    @property
    def path(self) -> tuple[str, str]:
        return self.section, self.field

    @property
    def variable(self) -> str:
        return f"ORDERS_{self.section}__{self.field}".upper()

    def address(self, settings: Settings) -> object:
        return getattr(getattr(settings, self.section), self.field)


PLACES: Final = (
    Place("PostgreSQL", "postgres", "url", "postgres_url"),
    Place("Kafka", "kafka", "bootstrap_servers", "kafka_bootstrap", secret=False),
    Place("Elasticsearch", "elasticsearch", "url", "elasticsearch_url"),
    Place("Redis", "redis", "url", "redis_url"),
    Place("the schema registry", "registry", "url", "registry_url"),
)


def resolved_settings(needed: Sequence[str] | None = None) -> Settings:
    """Settings with an address for each server that is needed ("postgres", "kafka", …; all five if not said)."""
    settings, _ = filled(read_settings())
    for place in PLACES:
        if (needed is None or place.section in needed) and place.address(settings) is None:
            raise not_given(place.title, place.variable)
    return settings


def filled(settings: Settings) -> tuple[Settings, frozenset[tuple[str, str]]]:
    """The settings, completed from the local stack as far as it can; and which addresses came from there."""
    open_places = [place for place in PLACES if place.address(settings) is None]
    addresses = state.read(settings.stack_dir) if open_places else None
    if addresses is None:
        return settings, frozenset()
    sections: dict[str, BaseModel] = {}
    for place in open_places:
        address = getattr(addresses, place.in_stack)
        section = sections.get(place.section, getattr(settings, place.section))
        value = SecretStr(address) if place.secret else address
        sections[place.section] = section.model_copy(update={place.field: value})
    return settings.model_copy(update=sections), frozenset(place.path for place in open_places)
