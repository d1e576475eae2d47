"""A client of Elasticsearch for a worker, and its failures as the platform's own."""

from __future__ import annotations

from typing import Any, Final

from elastic_transport import ConnectionError as Unreachable
from elastic_transport import ConnectionTimeout, TransportError
from elasticsearch import ApiError, Elasticsearch, OrjsonSerializer

from eventing.errors import Misconfigured, Unavailable
from eventing.settings import ElasticsearchSettings

PATIENCE: Final = 10.0
CONNECTIONS: Final = 4

_JSON: Final = {"accept": "application/json", "content-type": "application/json"}
_LINES: Final = {"accept": "application/json", "content-type": "application/x-ndjson"}
_NOT_THERE, _TOO_MANY, _BROKEN = 404, 429, 500
_FORBIDDEN: Final = frozenset({401, 403})


class Overloaded(Unavailable):
    """It answers, and has too much to do for this just now."""


def connect(settings: ElasticsearchSettings, *, patience: float = PATIENCE) -> Elasticsearch:
    """Makes no connection yet. Whoever uses it tries again by itself, and knows when that makes sense."""
    if settings.url is None:
        raise Misconfigured("There is no address for Elasticsearch: set ORDERS_ELASTICSEARCH__URL.")
    return Elasticsearch(
        settings.url.get_secret_value(),
        api_key=settings.api_key.get_secret_value() if settings.api_key else None,
        serializers={"application/json": OrjsonSerializer()},
        connections_per_node=CONNECTIONS,
        request_timeout=patience,
        max_retries=0,
        retry_on_timeout=False,
        # One address: a node that failed once has nobody to be passed over for.
        dead_node_backoff_factor=0,
    )


def ask(client: Elasticsearch, method: str, path: str, body: Any = None) -> Any:
    """The answer, or None where what was asked for is not there."""
    try:
        headers = _LINES if isinstance(body, bytes) else _JSON
        return client.perform_request(method, path, headers=headers, body=body).body
    except ApiError as error:
        status = error.meta.status
        if status == _NOT_THERE:
            return None
        if status == _TOO_MANY:
            raise Overloaded(f"Elasticsearch has too much to do: {error.message}.") from error
        if status >= _BROKEN:
            raise Unavailable(f"Elasticsearch answers {status}: {error.message}.") from error
        if status in _FORBIDDEN:
            raise Misconfigured(
                "Elasticsearch lets this user not in: "
                "check ORDERS_ELASTICSEARCH__URL and ORDERS_ELASTICSEARCH__API_KEY."
            ) from error
        raise Misconfigured(f"Elasticsearch refuses {method} {path} ({error.message}): {error.body}") from error
    except ConnectionTimeout as error:
        raise Unavailable("Elasticsearch does not answer.") from error
    except Unreachable as error:
        raise Unavailable(f"Elasticsearch can't be reached: {error.message}.") from error
    except TransportError as error:
        raise Unavailable(f"Elasticsearch: {error.message}.") from error
