"""Elasticsearch 8.

Neither `GET /` nor `ping()`: a build without the module that answers there, as the local stack's, is whole otherwise.
"""

from __future__ import annotations

from typing import Any, Final

from eventing.errors import Misconfigured
from eventing.locations import masked
from eventing.settings import Settings
from operations.checks.finding import PATIENCE, Check, Server, not_given

MAJOR: Final = 8
"""A client of one major version is refused by older servers with a media type error, so both are held together."""


def look(settings: Settings) -> str:
    if settings.elasticsearch.url is None:
        raise not_given("Elasticsearch", "ORDERS_ELASTICSEARCH__URL")
    server = Server("Elasticsearch", "ORDERS_ELASTICSEARCH__URL", masked(settings.elasticsearch.url.get_secret_value()))
    _demand_fitting_client()
    versions = sorted({str(node["version"]) for node in _ask(server, settings)["nodes"].values()})
    for version in versions:
        if not version.startswith(f"{MAJOR}."):
            raise Misconfigured(
                f"Elasticsearch at {server.address} is version {version}, but the client speaks with {MAJOR}.x: "
                f"give an {MAJOR}.x server in {server.variable}."
            )
    return server.found(", ".join(versions))


def _ask(server: Server, settings: Settings) -> Any:
    import elasticsearch as es

    assert settings.elasticsearch.url is not None
    key = settings.elasticsearch.api_key
    client = es.Elasticsearch(
        settings.elasticsearch.url.get_secret_value(),
        api_key=key.get_secret_value() if key else None,
        request_timeout=PATIENCE,
        max_retries=0,
    )
    with client:
        try:
            return client.nodes.info(filter_path="nodes.*.version")
        except (es.AuthenticationException, es.AuthorizationException) as error:
            raise server.refuses_us(error.message) from None
        except es.UnsupportedProductError as error:
            raise server.stranger(error) from None
        except es.ApiError as error:
            raise server.stranger(f"it answers {error.status_code}") from None
        except es.TransportError as error:
            raise server.unreachable(error.message) from None


def _demand_fitting_client() -> None:
    import elasticsearch as es

    if es.VERSION[0] != MAJOR:
        found = ".".join(str(part) for part in es.VERSION)
        raise Misconfigured(f"the Elasticsearch client is {found}, but {MAJOR}.x is needed: run `make install`.")


CHECK = Check("elasticsearch", look, ("elasticsearch",))
