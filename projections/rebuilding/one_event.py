"""One event is folded into one document, as a projector does it: the same bytes at the same position."""

from __future__ import annotations

from eventing.errors import OrderloomError
from eventing.parking import Cause
from projections.folding import Folded
from projections.ports import Stored
from projections.read_model import Family, Heard


def fold_one(folded: Folded, family: Family, heard: Heard) -> Cause | None:
    """Why not, where it fails. What the document has heard already changes nothing."""
    if heard.position <= folded.now.position:
        return None
    try:
        document = family.fold(folded.now.document, heard)
    except OrderloomError as error:
        return Cause(error.code, str(error))
    except Exception as error:  # noqa: BLE001 - a fold that breaks concerns its own key, and all others go on
        return Cause("fold_failed", f"The fold of {type(heard.event).__name__} broke: {error!r}.")
    if document is not folded.now.document:
        folded.now = Stored(heard.position, document)
    return None
