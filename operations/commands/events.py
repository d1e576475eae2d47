"""`orders events read | stream | log | follow`: what is stored, decoded."""

from __future__ import annotations

import asyncio
import json as jsons
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from operations import output

if TYPE_CHECKING:
    from eventing.avro.codec import Codec
    from eventing.envelope import Recorded
    from eventing.postgres.reading import PostgresReader

Limit = Annotated[int, typer.Option(min=1, max=100_000, help="At most so many.")]
Time = Annotated[
    datetime | None,
    typer.Option(
        formats=["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M:%S.%f%z"], help="As it was at this time, with its offset."
    ),
]


def hang_in(root: typer.Typer) -> None:
    group = typer.Typer(name="events", help="The events that are stored, decoded.", no_args_is_help=True)
    for command in (read, stream, log, follow):
        group.command(command.__name__)(command)
    root.add_typer(group)


def read(event_id: Annotated[UUID, typer.Argument(help="The event's id.")], json: output.Json = False) -> None:
    """Show one event with all its circumstances."""
    from eventing.errors import Refusal

    async def found(reader: PostgresReader) -> Recorded | None:
        return await reader.read_event(event_id)

    event, codec = _ask(found)
    if event is None:
        raise Refusal(f"No event has the id {event_id}.", code="unknown_event")
    described = _described(event, codec)
    if json:
        output.show_json(described)
    else:
        payload = described.pop("event")
        output.show_table(("", ""), [*described.items(), ("event", jsons.dumps(payload, ensure_ascii=False))])


def stream(
    name: Annotated[str, typer.Argument(help="Such as order-018f… or stock-MUG-1.")],
    from_version: Annotated[int, typer.Option(min=1, help="From this version on.")] = 1,
    to_version: Annotated[int | None, typer.Option(min=1, help="Up to and with this version.")] = None,
    to_time: Time = None,
    backwards: Annotated[bool, typer.Option("--backwards", help="Newest first.")] = False,
    limit: Limit = 1000,
    json: output.Json = False,
) -> None:
    """Show the events of a stream: all, or as it was at a version or a time."""

    async def found(reader: PostgresReader) -> Sequence[Recorded]:
        return await reader.read(
            name,
            from_version=from_version,
            to_version=to_version,
            to_time=to_time,
            backwards=backwards,
            limit=limit,
        )

    _show(*_ask(found), json=json, nothing=f"There is no such event in {name}.")


def log(
    after: Annotated[int, typer.Option(min=0, help="From the position after this one.")] = 0,
    correlation: Annotated[UUID | None, typer.Option(help="Only those of this conversation.")] = None,
    limit: Limit = 100,
    json: output.Json = False,
) -> None:
    """Show the log in order."""

    async def found(reader: PostgresReader) -> Sequence[Recorded]:
        if correlation is None:
            return await reader.read_log(after, limit=limit)
        return [event for event in await reader.read_correlated(correlation, limit=limit) if event.position > after]

    _show(*_ask(found), json=json, nothing="There is no such event.")


def follow(
    after: Annotated[
        int | None, typer.Option(min=0, help="From the position after this one; else from now on.")
    ] = None,
    json: output.Json = False,
) -> None:
    """Show events as they come, until Ctrl-C; with --json one object a line."""

    async def tail(reader: PostgresReader, codec: Codec) -> None:
        start = await reader.head() if after is None else after
        async for batch in reader.follow(start):
            for event in batch:
                described = _described(event, codec)
                if json:
                    typer.echo(jsons.dumps(described, default=str, ensure_ascii=False))
                else:
                    output.show_entry(_head(described), _payload(described))

    async def run() -> None:
        async with _reader() as (reader, codec):
            await tail(reader, codec)

    asyncio.run(run())


def _ask(question: Callable[[PostgresReader], Coroutine[Any, Any, Any]]) -> tuple[Any, Codec]:
    async def ask() -> tuple[Any, Codec]:
        async with _reader() as (reader, codec):
            return await question(reader), codec

    return asyncio.run(ask())


@asynccontextmanager
async def _reader() -> AsyncIterator[tuple[PostgresReader, Codec]]:
    from eventing.postgres.reading import PostgresReader
    from operations.event_store import make_codec, reading_engine

    async with reading_engine() as engine:
        yield PostgresReader(engine), make_codec()


def _show(events: Sequence[Recorded], codec: Codec, *, json: bool, nothing: str) -> None:
    described = [_described(event, codec) for event in events]
    if json:
        output.show_json(described)
    elif not described:
        output.remark(nothing)
    elif output.stdout().is_terminal:
        # No screen is wide enough for a table with whole events in it.
        for one in described:
            output.show_entry(_head(one), _payload(one))
    else:
        columns = ("position", "stream", "version", "type", "recorded_at", "actor")
        output.show_table(
            (*columns, "event"), [[*(one[column] for column in columns), _payload(one)] for one in described]
        )


def _head(described: dict[str, Any]) -> str:
    return "{position} {recorded_at} {stream} v{version} {type}".format(**described)


def _payload(described: dict[str, Any]) -> str:
    return jsons.dumps(described["event"], default=str, ensure_ascii=False)


def _described(event: Recorded, codec: Codec) -> dict[str, Any]:
    """Everything but the bytes; the event as its newest version has it, or why it can't be read."""
    described = event._asdict()
    body = described.pop("body")
    described["recorded_at"] = event.recorded_at.isoformat()
    described["event"] = _decoded(event, codec, body)
    return described


def _decoded(event: Recorded, codec: Codec, body: bytes) -> Any:
    from eventing.errors import OrderloomError

    try:
        return asdict(codec.decode(event.type, event.schema_version, body))
    except OrderloomError as error:
        return {"unreadable": str(error), "bytes": body.hex()}
