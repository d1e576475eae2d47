"""A model's documents never change under one generation: new fields, another mapping or fold are a new generation.

For each model stands here what it declares and what it makes of one log with all events, as digests. When this fails,
raise the model's generation and write the new digests under it; the old line stays, as what was.
"""

from __future__ import annotations

import hashlib
from itertools import chain
from pathlib import Path

import orjson
import pytest

from projections.read_model import ReadModel
from projections.wiring import read_models
from tests.support.read_models.folds import InMemory
from tests.support.read_models.story import tell

FROZEN = orjson.loads((Path(__file__).parent / "frozen_shapes.json").read_bytes())
MODELS = read_models()
by_name = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)


def shape(model: ReadModel) -> dict[str, str]:
    folded = InMemory(model)
    folded.deliver(
        list(chain.from_iterable(tell(seed, orders=30, first_position=1 + seed * 1000) for seed in range(3)))
    )
    sums = sorted((group, field, n) for (group, _), fields in folded.sums.items() for field, n in fields.items() if n)
    lists = sorted((name, sorted(places.items())) for name, places in folded.lists.items())
    bodies = sorted((one, (body or b"").decode()) for one, body in folded.bodies.items())
    made = hashlib.sha256(orjson.dumps([bodies, sums, lists])).hexdigest()[:16]
    return {"declared": model.digest, "folded": made}


@by_name
def test_the_shape_of_a_generation_is_frozen(model: ReadModel) -> None:
    new = orjson.dumps({model.name: {str(model.generation): shape(model)}}).decode()
    assert model.name in FROZEN, f"{model.name} is new: add this to frozen_shapes.json: {new}"
    assert FROZEN[model.name].get(str(model.generation)) == shape(model), (
        f"{model.name} has changed: raise its generation in projections/read_models/{model.name}.py, write the new "
        "digests under it, and rebuild it where it runs"
    )


@by_name
def test_generations_only_rise(model: ReadModel) -> None:
    assert model.generation == max(map(int, FROZEN[model.name]))


def test_a_changed_fold_is_noticed() -> None:
    """What this file is for: the same declaration, another document."""
    from dataclasses import replace

    model = next(model for model in MODELS if model.name == "customer_orders")
    (family,) = model.families

    def other(document, heard):  # type: ignore[no-untyped-def]
        folded = family.fold(document, heard) or {}
        return {**folded, "more": 1} if folded is not document else folded

    changed = replace(model, families=(replace(family, fold=other),))

    assert shape(changed)["declared"] == FROZEN[model.name]["1"]["declared"]
    assert shape(changed)["folded"] != FROZEN[model.name]["1"]["folded"]


def test_a_changed_mapping_is_noticed() -> None:
    from dataclasses import replace

    model = next(model for model in MODELS if model.store == "elasticsearch")

    assert replace(model, mapping={**model.mapping, "dynamic": "false"}).digest != model.digest
