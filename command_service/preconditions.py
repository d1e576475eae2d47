"""If-Match: the version that the caller believes in. A false belief is 412 and tells what has happened since."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import Any, Final, NamedTuple

from command_service.loading import Stream
from eventing.web.refusals import EdgeRefusal

MOST_EVENTS_TOLD: Final = 20

_TAG: Final = re.compile(r'(?:W/)?"[\x21\x23-\x7e]*"')


class IfMatch(NamedTuple):
    text: str
    tags: frozenset[str]
    """`*` for whatever is there. A weak tag is kept as it is and so matches nothing, as RFC 9110 has it."""

    def holds(self, version: int) -> bool:
        return "*" in self.tags or etag(version) in self.tags


def etag(version: int) -> str:
    return f'"{version}"'


def parse_if_match(value: str) -> IfMatch:
    tags = [tag.strip(" \t") for tag in value.split(",")]
    if tags != ["*"] and not all(_TAG.fullmatch(tag) for tag in tags):
        raise EdgeRefusal(
            'If-Match is the ETag as it was answered, such as "3" with its quotes, or *.', code="malformed_request"
        )
    return IfMatch(", ".join(sorted(tags)), frozenset(tags))


def required(if_match: IfMatch | None) -> IfMatch:
    if if_match is None:
        raise EdgeRefusal(
            'Send If-Match with the ETag that you have read, such as "1", or * to change it as it may be.',
            code="precondition_required",
        )
    return if_match


def check(if_match: IfMatch | None, stream: Stream) -> None:
    if if_match is None or if_match.holds(stream.version):
        return
    raise EdgeRefusal(
        f"This is at version {stream.version} now: look at what has changed, and decide anew.",
        code="precondition_failed",
        headers={"etag": etag(stream.version)},
        current_version=stream.version,
        events_since=_events_since(if_match, stream),
    )


def _events_since(if_match: IfMatch, stream: Stream) -> list[dict[str, Any]]:
    """From the newest version that the caller named; the latest few only, if it named none that was ever there."""
    named = [int(tag[1:-1]) for tag in if_match.tags if re.fullmatch(r'"[0-9]{1,9}"', tag)]
    known = max((version for version in named if version <= stream.version), default=0)
    return [
        {
            "version": recorded.version,
            "type": recorded.type,
            "recorded_at": recorded.recorded_at,
            "data": asdict(event),
        }
        for event, recorded in ((told.event, told.recorded) for told in stream.since(known)[-MOST_EVENTS_TOLD:])
    ]
