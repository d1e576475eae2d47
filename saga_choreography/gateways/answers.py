"""Answers, read as strictly as a stranger's request: form, types, lengths, and whether they are about our question.

Fields that we don't know are passed over, because a provider may add some. Everything that we use has to be right.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from saga_choreography.gateways.line import Reply
from saga_choreography.gateways.trouble import CONTRADICTION, GARBAGE, MISTAKE, Trouble

Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^\P{C}+$")]
Amount = Annotated[int, Field(ge=0, lt=2**53)]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]


class Answer(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, strict=True, hide_input_in_errors=True)

    key: str


class CapturedAnswer(Answer):
    status: Literal["captured"]
    reference: Name
    amount: Amount
    currency: Currency


class DeclinedAnswer(Answer):
    status: Literal["declined"]
    code: Name


class RefundedAnswer(Answer):
    status: Literal["refunded"]
    reference: Name
    charge: Name
    amount: Amount
    currency: Currency


class CreatedAnswer(Answer):
    status: Literal["created"]
    carrier: Name
    tracking_number: Name


class RefusedAnswer(Answer):
    status: Literal["refused"]
    code: Name


class VoidedAnswer(Answer):
    status: Literal["voided"]
    tracking_number: Name


class NotFoundAnswer(Answer):
    error: Literal["not_found"]


CHARGE: Final[TypeAdapter[CapturedAnswer | DeclinedAnswer]] = TypeAdapter(
    Annotated[CapturedAnswer | DeclinedAnswer, Field(discriminator="status")]
)
REFUND: Final = TypeAdapter(RefundedAnswer)
LABEL: Final[TypeAdapter[CreatedAnswer | RefusedAnswer]] = TypeAdapter(
    Annotated[CreatedAnswer | RefusedAnswer, Field(discriminator="status")]
)
VOID: Final = TypeAdapter(VoidedAnswer)
_NOT_FOUND: Final = TypeAdapter(NotFoundAnswer)

A = TypeVar("A", bound=Answer)


def read(form: TypeAdapter[A], reply: Reply, key: str) -> A:
    """Raises `Trouble` if it has another form, or is about another key: somebody else's answer on our connection."""
    try:
        answer = form.validate_json(reply.body)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in found["loc"])
        raise Trouble(GARBAGE, f"The answer has another form than agreed: {where} {found['msg']}.".strip()) from None
    if answer.key != key:
        raise Trouble(CONTRADICTION, "The answer is about another key than the one that was asked for.")
    return answer


def is_not_found(reply: Reply, key: str) -> bool:
    """Whether a 404 means that nothing is written under our key; if it does not say so, our address is wrong."""
    if reply.status != 404:
        return False
    try:
        read(_NOT_FOUND, reply, key)
    except Trouble as trouble:
        if trouble.kind is CONTRADICTION:
            raise
        raise Trouble(MISTAKE, "It answered 404: is the address in the settings right?", status=404) from None
    return True


def demand_found(reply: Reply, key: str) -> None:
    """Of a second look, after an answer that can't be believed."""
    if is_not_found(reply, key):
        raise Trouble(CONTRADICTION, "It gave an answer, and when looked up, nothing is written under the key.")
