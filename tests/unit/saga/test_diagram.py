"""The picture of the saga is the one that the participants make."""

from __future__ import annotations

import re
from pathlib import Path

from eventing.discovery import values_of
from saga_choreography import participants as package
from saga_choreography.diagram import mermaid
from saga_choreography.participant import Participant
from tests.architecture.planting import ROOT

PAGE: Path = ROOT / "docs" / "saga.md"
PARTICIPANTS = [*values_of(package, Participant)]


def test_the_picture_in_the_docs_is_the_one_that_the_participants_make() -> None:
    drawn = re.findall(r"```mermaid\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)

    assert drawn == [mermaid(PARTICIPANTS)], "put what `orders saga diagram` prints into docs/saga.md"


def test_it_is_the_same_in_whatever_order_they_are_found() -> None:
    assert mermaid(reversed(PARTICIPANTS)) == mermaid(PARTICIPANTS)


def test_every_arrow_is_between_events_that_are_drawn() -> None:
    text = mermaid(PARTICIPANTS)
    nodes = set(re.findall(r"^ +(\w+)\[", text, re.MULTILINE))
    arrows = re.findall(r"(\w+) -(?:-|\.-)> (\w+)", text)

    assert len(arrows) > 30
    assert {end for arrow in arrows for end in arrow} == nodes
