"""A file more is an event more; a file in the wrong place, or without a way to the newest version, is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from eventing.catalogue import Catalogue
from eventing.errors import Misconfigured
from tests.support.languages import language

HAPPENED = '@event("thing.happened")\nclass ThingHappened:\n    """It happened."""\n    where: str\n'
TWO_SHAPES = """
@event("thing.happened", version=2)
class Old:
    where: str

@event("thing.happened", version=3)
class New:
    place: tuple[str, ...]
"""
A_WAY = """
@upcaster(Old, New)
def placed(old: Old) -> New:
    return New(place=(old.where,))
"""


def test_a_new_file_is_discovered_with_its_stream_and_its_topic(tmp_path: Path) -> None:
    with language(tmp_path, {"happened.py": HAPPENED}) as package:
        (kind,) = Catalogue.discover(package)

    assert (kind.name, kind.version, kind.stream, kind.topic) == ("thing.happened", 1, "thing", "thing.events.v1")


def test_an_old_shape_leads_to_the_new_one(tmp_path: Path) -> None:
    with language(tmp_path, {"happened.py": TWO_SHAPES + A_WAY}) as package:
        (kind,) = Catalogue.discover(package)

    assert kind.version == 3
    assert [kind.reader(version).__name__ for version in (1, 2, 3)] == ["Old", "Old", "New"]


def test_an_old_shape_without_an_upcaster_is_refused(tmp_path: Path) -> None:
    with (
        language(tmp_path, {"happened.py": TWO_SHAPES}) as package,
        pytest.raises(Misconfigured, match="write an @upcaster"),
    ):
        Catalogue.discover(package)


def test_an_upcaster_goes_from_an_older_to_a_newer_of_one_type(tmp_path: Path) -> None:
    backwards = TWO_SHAPES + "@upcaster(New, Old)\ndef back(new: New) -> Old: ...\n"
    with language(tmp_path, {"happened.py": backwards}) as package, pytest.raises(TypeError, match="can't become"):
        Catalogue.discover(package)


def test_an_event_in_another_file_is_refused(tmp_path: Path) -> None:
    with (
        language(tmp_path, {"occurred.py": HAPPENED}) as package,
        pytest.raises(Misconfigured, match=r"move it to sample_language\.thing\.happened"),
    ):
        Catalogue.discover(package)


def test_a_folder_has_to_name_its_stream_and_its_topic(tmp_path: Path) -> None:
    with language(tmp_path, {"happened.py": HAPPENED}) as package:
        (tmp_path / "sample_language" / "thing" / "__init__.py").write_text('STREAM = "thing"\n')
        with pytest.raises(Misconfigured, match="has to say its TOPIC"):
            Catalogue.discover(package)
