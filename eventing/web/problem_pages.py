"""The pages behind a problem's `type`: what the problem means, why it came, and how to get rid of it."""

from __future__ import annotations

import json
from html import escape

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from eventing.web.pages import page
from eventing.web.problems import ProblemKind, Problems


def problem_routes(problems: Problems) -> list[Route]:
    async def index(_: Request) -> Response:
        return page(render_index(problems))

    async def one(request: Request) -> Response:
        kind = problems.get(request.path_params["code"])
        if kind is None:
            raise HTTPException(404, "No problem has this code; /problems lists them all.")
        return page(render(kind))

    return [
        Route("/problems", index, include_in_schema=False),
        Route("/problems/{code}", one, include_in_schema=False),
    ]


def render(kind: ProblemKind) -> str:
    curl = f"<h2>Like this</h2><pre>{escape(kind.curl)}</pre>" if kind.curl else ""
    example = escape(json.dumps(kind.example(), indent=2, ensure_ascii=False))
    return _document(
        kind.title,
        f"<p class=lead><b class=s{kind.status // 100}>{kind.status}</b> <code>{escape(kind.code)}</code></p>"
        f"<h2>Why</h2><p>{_prose(kind.cause)}</p><h2>What to do</h2><p>{_prose(kind.fix)}</p>"
        f"{curl}<h2>The answer</h2><pre>{example}</pre><p><a href=/problems>All problems</a></p>",
    )


def render_index(problems: Problems) -> str:
    rows = "".join(
        f"<tr><td><b class=s{kind.status // 100}>{kind.status}</b><td><a href={escape(kind.type)}>"
        f"<code>{escape(kind.code)}</code></a><td>{escape(kind.title)}"
        for kind in sorted(problems, key=lambda kind: (kind.status, kind.code))
    )
    return _document("Problems", f"<table><tr><th>status<th>code<th>what it means{rows}</table>")


def _prose(text: str) -> str:
    """Words between backticks are code."""
    pieces = escape(text).split("`")
    return "".join(f"<code>{piece}</code>" if index % 2 else piece for index, piece in enumerate(pieces))


def _document(title: str, body: str) -> str:
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>{escape(title)}</title><link rel=stylesheet href=/docs/pages.css>"
        f"<main class=narrow><h1>{escape(title)}</h1>{body}<p><a href=/docs>Documentation</a></p></main></html>"
    )
