"""Whoever adds an event, a participant or a read model as the README says sees it discovered."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.readme import README

PACKAGES = ("eventing", "event_schemas", "saga_choreography", "projections")
FILES = re.compile(r"`([a-z_]+/[a-z_/]+\.py)`:\n\n```python\n(.*?)```", re.DOTALL)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the packages, with the files of the README's walk-throughs added."""
    copy = tmp_path_factory.mktemp("walkthroughs")
    for package in PACKAGES:
        shutil.copytree(README.parent / package, copy / package, ignore=shutil.ignore_patterns("__pycache__"))
    written = FILES.findall(README.read_text("utf-8"))
    assert len(written) == 4, [name for name, _ in written]
    for name, text in written:
        (copy / name).parent.mkdir(exist_ok=True)
        assert not (copy / name).exists(), f"{name} is there already: the README adds nothing"
        (copy / name).write_text(text, encoding="utf-8")
    return copy


def said(tree: Path, program: str) -> str:
    """What a Python says that knows the copy alone."""
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(tree)!r})\n{program}"],
        cwd=tree,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def frozen(tree: Path) -> list[str]:
    """What `orders schemas generate` freezes."""
    program = """
import event_schemas
from pathlib import Path
from eventing.avro.frozen import freeze
from eventing.catalogue import Catalogue
print(*freeze(Catalogue.discover(event_schemas), Path(event_schemas.__file__).parent / "avro"), sep="\\n")
"""
    return said(tree, program).split()


def test_the_event_has_a_frozen_schema(tree: Path, frozen: list[str]) -> None:
    schema = tree / "event_schemas" / "avro" / "gift.wrapped.v1.avsc"

    assert [Path(file).name for file in frozen] == [schema.name]
    assert '"ribbon"' in schema.read_text("utf-8")


def test_the_event_can_be_written_and_read(tree: Path, frozen: list[str]) -> None:
    assert frozen
    program = """
import event_schemas
from event_schemas.gift.wrapped import GiftWrapped
from eventing.avro.codec import Codec
from eventing.catalogue import Catalogue
codec = Codec(Catalogue.discover(event_schemas))
kind = codec.catalogue["gift.wrapped"]
encoded = codec.encode(GiftWrapped(order_id="o-1", ribbon="red"))
print(kind.stream, kind.topic, codec.decode(*encoded))
"""
    assert said(tree, program) == "gift order.events.v1 GiftWrapped(order_id='o-1', ribbon='red')\n"


def test_the_participant_is_run_and_drawn(tree: Path, frozen: list[str]) -> None:
    assert frozen
    program = """
from saga_choreography.diagram import mermaid
from saga_choreography.wiring import PARTICIPANTS, chosen
print(*chosen(["all"]))
print(mermaid(PARTICIPANTS.values()))
"""
    told = said(tree, program)

    assert "gift" in told.splitlines()[0].split()
    assert "  payment_charged --> gift_wrapped\n" in told


def test_the_participant_decides_once(tree: Path, frozen: list[str]) -> None:
    assert frozen
    program = """
from event_schemas.payment.charged import PaymentCharged
from saga_choreography.participant import Heard
from saga_choreography.participants.gift import GIFT
import inspect
fields = {name: "o-1" if name == "order_id" else 1 if name == "amount" else "x"
          for name in inspect.signature(PaymentCharged).parameters}
heard, decider = Heard(PaymentCharged(**fields)), GIFT.decider
first = decider.decide(heard, decider.initial)
print(first, decider.decide(heard, decider.fold(first)))
"""
    assert said(tree, program) == "[GiftWrapped(order_id='o-1', ribbon='red')] []\n"


def test_the_read_model_is_kept_and_folds(tree: Path, frozen: list[str]) -> None:
    assert frozen
    program = """
from event_schemas.gift.wrapped import GiftWrapped
from projections.read_model import Heard, fold_all, models_named
from projections.wiring import read_models
model = models_named(read_models(), ["ribbons"])[0]
heard = Heard(GiftWrapped(order_id="o-1", ribbon="red"), "gift-o-1", 1, 7, "2026-11-26T09:05:00.120000Z")
print(len(model.digest), model.topics, fold_all(model.families[0], [heard])["ribbon"])
"""
    assert said(tree, program) == "16 ('order.events.v1',) red\n"
