"""A schema registry that speaks the Confluent REST API and knows Avro. What it is called does not matter."""

from __future__ import annotations

import base64
import http.client
import json
from typing import Any, Final
from urllib.error import HTTPError, URLError
from urllib.parse import unquote, urlsplit, urlunsplit
from urllib.request import ProxyHandler, Request, build_opener

from eventing.errors import Misconfigured
from eventing.locations import masked
from eventing.settings import Settings
from operations.checks.finding import PATIENCE, Check, Server, not_given

LOOPBACK: Final = {"127.0.0.1", "localhost", "::1"}
ANSWER_LIMIT: Final = 64 * 1024


def look(settings: Settings) -> str:
    if settings.registry.url is None:
        raise not_given("the schema registry", "ORDERS_REGISTRY__URL")
    url = settings.registry.url.get_secret_value()
    server = Server("A schema registry", "ORDERS_REGISTRY__URL", masked(url))
    try:
        types = _get(url.rstrip("/") + "/schemas/types")
    except HTTPError as error:
        raise _explain(server, error.code) from None
    except (URLError, OSError, http.client.HTTPException) as error:
        raise server.unreachable(getattr(error, "reason", error)) from None
    except ValueError:
        raise _explain(server, 200) from None
    if not isinstance(types, list) or "AVRO" not in types:
        raise _explain(server, 200)
    return server.found("with the Confluent API")


def _get(address: str) -> Any:
    parts = urlsplit(address)
    # The settings have seen to it that this is http or https.
    request = Request(urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])))  # noqa: S310
    if parts.username is not None:
        user = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        request.add_header("Authorization", f"Basic {base64.b64encode(user.encode()).decode()}")
    # A proxy for the internet can't reach this machine's own loopback.
    opener = build_opener(ProxyHandler({})) if parts.hostname in LOOPBACK else build_opener()
    with opener.open(request, timeout=PATIENCE) as answer:
        return json.loads(answer.read(ANSWER_LIMIT))


def _explain(server: Server, status: int) -> Misconfigured:
    if status in {401, 403}:
        return server.refuses_us(f"it answers {status}")
    if status >= 500:
        return server.unreachable(f"it answers {status}")
    return Misconfigured(
        f"What answers at {server.address} has no Confluent schema registry API there: correct {server.variable} "
        "(Apicurio's is under /apis/ccompat/v7)."
    )


CHECK = Check("registry", look)
