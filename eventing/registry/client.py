"""Asks the schema registry, and says in one sentence what is wrong when it does not answer as it should."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Self

import httpx2  # the registry's client lets the errors of its HTTP library through
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.error import SchemaRegistryError

from eventing.errors import Misconfigured, OrderloomError, Refusal, Unavailable
from eventing.locations import masked

FULL_TRANSITIVE: Final = "FULL_TRANSITIVE"
"""Every version can be read by every other one: old readers go on, and the whole history stays readable."""

TIMEOUT: Final = 5

_UNKNOWN: Final = 404
_INCOMPATIBLE: Final = 409
_UNPROCESSABLE: Final = 422

# How the client stumbles over an answer that is no JSON, or JSON of another form.
_NOT_AN_ANSWER: Final = (ValueError, TypeError, LookupError, AttributeError)


class Registry:
    """Holds a connection while it is open: `with Registry(url) as registry`."""

    def __init__(self, url: str, *, timeout: float = TIMEOUT) -> None:
        self._address = masked(url)
        try:
            self._client = SchemaRegistryClient({"url": url, "timeout": timeout, "max.retries": 0})
        except ValueError as error:
            raise Misconfigured(f"ORDERS_REGISTRY__URL is no address of a schema registry: {error}.") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def level(self, subject: str) -> str | None:
        """The level of compatibility that was demanded of this subject. None if none was."""
        with self._asking():
            try:
                return str(self._client.get_compatibility(subject))
            except SchemaRegistryError as error:
                _raise_unless_unknown(error)
                return None

    def find(self, subject: str, schema: str) -> int | None:
        """The id of a schema that is registered under this subject. None if it is not."""
        with self._asking():
            try:
                return self._client.lookup_schema(subject, Schema(schema, "AVRO")).schema_id
            except SchemaRegistryError as error:
                _raise_unless_unknown(error)
                return None

    def accepts(self, subject: str, schema: str) -> bool:
        """Whether a schema is compatible with all that is registered, at the level demanded of the subject."""
        with self._asking():
            try:
                return bool(self._client.test_compatibility_all_versions(subject, Schema(schema, "AVRO")))
            except SchemaRegistryError as error:
                _raise_unless_unknown(error)
                return True

    def demand_full_transitive(self, subject: str) -> None:
        with self._asking():
            self._client.set_compatibility(subject, FULL_TRANSITIVE)

    def register(self, subject: str, schema: str) -> int:
        """The schema's id, the same if it was registered before. Raises `Refusal` for an incompatible one."""
        with self._asking():
            try:
                return int(self._client.register_schema(subject, Schema(schema, "AVRO")))
            except SchemaRegistryError as error:
                if error.http_status_code in (_INCOMPATIBLE, _UNPROCESSABLE):
                    raise incompatible(subject) from error
                raise

    @contextmanager
    def _asking(self) -> Iterator[None]:
        try:
            yield
        except httpx2.HTTPError as error:
            raise Unavailable(
                f"The schema registry at {self._address} can't be reached ({error}): start it, or correct "
                "ORDERS_REGISTRY__URL."
            ) from error
        except SchemaRegistryError as error:
            raise self._explained(error) from error
        except _NOT_AN_ANSWER as error:
            raise self._no_registry("in another form") from error

    def _explained(self, error: SchemaRegistryError) -> OrderloomError:
        status = error.http_status_code
        if status in {401, 403}:
            return Misconfigured(f"The schema registry at {self._address} refuses us: correct ORDERS_REGISTRY__URL.")
        if status >= 500:
            return Unavailable(
                f"The schema registry at {self._address} is in trouble (it answers {status}): look there."
            )
        return self._no_registry(str(status))

    def _no_registry(self, answer: str) -> Misconfigured:
        return Misconfigured(
            f"What answers at {self._address} does not do what a schema registry does (it answers {answer}): correct "
            "ORDERS_REGISTRY__URL."
        )


def incompatible(subject: str) -> Refusal:
    return Refusal(
        f"The registry refuses a schema of {subject}, since what was registered before could not be read by it, or it "
        "not by what reads that: put the schema back, and make the change a new shape with an upcaster.",
        code="incompatible_schema",
        subject=subject,
    )


def _raise_unless_unknown(error: SchemaRegistryError) -> None:
    if error.http_status_code != _UNKNOWN:
        raise error
