"""Pages for people, self-contained: they load nothing from anywhere else, and run no script but their own."""

from __future__ import annotations

from importlib import resources
from typing import Final

from starlette.responses import Response

# No inline script or style, no other host, no frame, no form: what a page shows can't make it do anything.
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_TYPES: Final = {"html": "text/html", "js": "text/javascript", "css": "text/css"}


def asset(name: str) -> Response:
    return page(read(name), _TYPES[name.rpartition(".")[2]])


def page(text: str, media_type: str = "text/html") -> Response:
    headers = {"content-security-policy": POLICY, "cache-control": "no-cache"}
    return Response(text, headers=headers, media_type=media_type)


def read(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")
