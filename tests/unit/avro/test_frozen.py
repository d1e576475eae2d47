"""A schema that was frozen stays as it is: every way to change one is refused, and says what to do instead."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest

from eventing.avro import Codec
from eventing.avro.frozen import changes, freeze, missing
from eventing.catalogue import Catalogue
from eventing.errors import Misconfigured
from tests.support.languages import language

HAPPENED = '@event("thing.happened")\nclass ThingHappened:\n    """It happened."""\n    where: str\n'


def folder_of(package: ModuleType) -> Path:
    return Path(package.__path__[0]) / "avro"


def complaints(package: ModuleType) -> str:
    return " ".join(changes(Catalogue.discover(package), folder_of(package)))


@pytest.fixture
def released(tmp_path: Path) -> Path:
    """A language whose one event was frozen."""
    with language(tmp_path, {"happened.py": HAPPENED}) as package:
        assert freeze(Catalogue.discover(package), folder_of(package)) == ["thing.happened.v1.avsc"]
        assert complaints(package) == ""
    return tmp_path


def test_a_new_event_is_frozen_and_nothing_else_is_touched(released: Path) -> None:
    moved = HAPPENED.replace("happened", "moved").replace("Happened", "Moved")
    with language(released, {"moved.py": moved}) as package:
        assert [*missing(Catalogue.discover(package))] == ["thing.moved.v1.avsc"]
        assert freeze(Catalogue.discover(package), folder_of(package)) == ["thing.moved.v1.avsc"]
        assert freeze(Catalogue.discover(package), folder_of(package)) == []


def test_a_changed_class_has_to_raise_its_version(released: Path) -> None:
    with language(released, {"happened.py": HAPPENED + "    how: str = 'well'\n"}) as package:
        assert "raise its version" in complaints(package)


def test_a_field_that_the_frozen_schema_lacks_is_never_lost_without_a_word(released: Path) -> None:
    with (
        language(released, {"happened.py": HAPPENED + "    how: str = 'well'\n"}) as package,
        pytest.raises(Misconfigured, match="ThingHappened has other fields than its frozen schema"),
    ):
        Codec(Catalogue.discover(package))


def test_a_changed_schema_file_is_noticed(released: Path) -> None:
    with language(released, {}) as package:
        file = folder_of(package) / "thing.happened.v1.avsc"
        file.write_text(file.read_text().replace("where", "place"))

        assert "thing.happened.v1.avsc was changed" in complaints(package)


def test_a_missing_schema_file_is_noticed_and_not_made_anew(released: Path) -> None:
    with language(released, {}) as package:
        (folder_of(package) / "thing.happened.v1.avsc").unlink()

        assert "thing.happened.v1.avsc is missing" in complaints(package)
        with pytest.raises(Misconfigured, match="bring it back"):
            freeze(Catalogue.discover(package), folder_of(package))


def test_a_schema_file_that_nobody_wrote_down_is_noticed(released: Path) -> None:
    with language(released, {}) as package:
        frozen = folder_of(package) / "thing.happened.v1.avsc"
        (folder_of(package) / "thing.happened.v9.avsc").write_text(frozen.read_text())

        assert "thing.happened.v9.avsc is not in SHA256SUMS" in complaints(package)
