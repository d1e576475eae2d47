"""One address of Postgres in the forms that its users want it in."""

from __future__ import annotations

from typing import Final

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from eventing.errors import Misconfigured
from eventing.settings import Settings

SERVICE_ROLE: Final = "orderloom_service"
"""What a service may do is granted to this role by the migrations; it connects and runs as it."""

_DRIVER: Final = "postgresql+psycopg"


def postgres_url(settings: Settings) -> str:
    if settings.postgres.url is None:
        raise Misconfigured("There is no address for Postgres: set ORDERS_POSTGRES__URL.")
    return settings.postgres.url.get_secret_value()


def sqlalchemy_url(url: str) -> URL:
    try:
        return make_url(url).set(drivername=_DRIVER)
    except ArgumentError as error:
        raise Misconfigured(
            "The address of Postgres should look like postgresql://user:password@host:port/name."
        ) from error


def libpq_url(url: str) -> str:
    return sqlalchemy_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
