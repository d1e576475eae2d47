"""The claim that everything about projectors comes down to: what is shown is the fold of the log."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from projections.wiring import read_models
from tests.support.read_models.independent import expected
from tests.support.read_models.log_reading import Shown
from tests.support.read_models.platform import Platform
from tests.support.read_models.story import Told
from tests.support.waiting import until

MODELS = read_models()
MOST = 5
"""Differences that are told."""


def demand_fold(platform: Platform, log: Sequence[Told], *names: str) -> None:
    """Of all models, or of those that are named. The log is in order and has each event once."""
    models = [model for model in MODELS if not names or model.name in names]
    for model in models:
        until(partial(platform.has_applied, model, log), f"{model.name} is level")
    wanted = expected(log)
    for model in models:
        shown = platform.shown(model)
        assert shown == wanted[model.name], f"{model.name}: {differences(shown, wanted[model.name])}"


def differences(shown: Shown, wanted: Shown) -> Sequence[str]:
    return [
        f"{part} {name}: {found.get(name)} instead of {right.get(name)}"
        for part in ("documents", "sums", "lists", "labels")
        if (found := getattr(shown, part)) != (right := getattr(wanted, part))
        for name in sorted(found.keys() | right.keys())
        if found.get(name) != right.get(name)
    ][:MOST]
