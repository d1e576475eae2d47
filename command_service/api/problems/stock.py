"""Problems with stock."""

from __future__ import annotations

from typing import Final

from command_service.api.problems.examples import MOVE
from eventing.web.problems import ProblemKind

PROBLEMS: Final = (
    ProblemKind(
        "below_reserved",
        409,
        "The pieces are promised to orders",
        cause="Taking so many away would leave fewer than orders have reserved.",
        fix="Take `available` pieces at most; cancel orders first if the goods are really gone.",
        curl=MOVE,
        facts={"sku": "MUG-1", "available": 2},
    ),
    ProblemKind(
        "reference_reused",
        409,
        "The reference is booked with another quantity",
        cause="Each delivery note and each count is booked once.",
        fix="Compare it with what is booked; send what is new under a reference of its own.",
        curl=MOVE,
        facts={"reference": "delivery-note-4711", "booked": 40},
    ),
    ProblemKind(
        "stock_too_large",
        422,
        "So many pieces can't be counted",
        cause="The stock would be more than can be counted exactly.",
        fix="Compare the quantity with the delivery note.",
        curl=MOVE,
    ),
)
