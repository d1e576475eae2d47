"""`orders token`: an access token from the issuer of this machine, for trying things out."""

from __future__ import annotations

from typing import Annotated

import typer

from operations import output


def hang_in(root: typer.Typer) -> None:
    root.command("token")(token)


def token(
    role: Annotated[list[str], typer.Option(help="customer, warehouse, catalogue or operator; may be repeated.")],
    subject: Annotated[str, typer.Option(help="Whose token it is: up to 128 visible ASCII characters.")],
    minutes: Annotated[int, typer.Option(min=1, max=1440, help="How long it is good.")] = 15,
    json: output.Json = False,
) -> None:
    """Print an access token of the local issuer: TOKEN=$(orders token --role customer --subject alice)."""
    from eventing.errors import Misconfigured
    from eventing.settings import read_settings
    from eventing.web.auth import SUBJECT, Role
    from eventing.web.setup import local_issuer

    if unknown := sorted(set(role) - set(Role)):
        raise Misconfigured(f"There is no role {unknown[0]!r}: take one of {', '.join(Role)}.")
    if not SUBJECT.fullmatch(subject):
        raise Misconfigured("A subject has 1 to 128 visible ASCII characters and no space.")
    issued = local_issuer(read_settings()).issue(subject, [Role(name) for name in role], minutes=minutes)
    if json:
        output.show_json({"access_token": issued, "token_type": "Bearer", "expires_in": minutes * 60})
    else:
        output.show(issued)
