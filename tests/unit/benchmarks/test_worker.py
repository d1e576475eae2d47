from __future__ import annotations

import sys

import pytest

from benchmarks.contest import WrongResultError
from benchmarks.worker import worker

DOUBLER = """
from benchmarks.worker import serve
serve(lambda request: {"events": request["n"] * 2, "seconds": 0.5})
"""


async def test_a_worker_answers_what_it_is_asked() -> None:
    async with worker("doubler", sys.executable, "-c", DOUBLER) as doubler:
        sample = await doubler.sample(n=21)

    assert (sample.events, sample.rate) == (42, 84.0)


async def test_a_worker_that_dies_is_named() -> None:
    async with worker("quitter", sys.executable, "-c", "import sys; sys.exit(3)") as quitter:
        with pytest.raises(WrongResultError, match="quitter ended with status 3"):
            await quitter.ask("run")
