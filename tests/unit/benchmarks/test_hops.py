from __future__ import annotations

import pytest

from benchmarks import hops
from eventing.errors import Misconfigured


def test_every_file_is_a_hop_that_says_what_is_done() -> None:
    found = hops.discover()

    assert all(hop.says.endswith(".") for hop in found)
    assert len({hop.name for hop in found}) == len(found)


def test_an_unknown_hop_is_refused_with_the_names_that_exist() -> None:
    with pytest.raises(Misconfigured, match="no hop 'apend'"):
        hops.discover("apend")
