"""What all sections of the settings have in common, and the kinds of values in them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr

from eventing.locations import address_check, brokers_check

Environment = Literal["development", "test", "production"]
Folder = Annotated[Path, AfterValidator(lambda path: path.expanduser().absolute())]
Port = Annotated[int, Field(ge=0, le=65535)]
PostgresUrl = Annotated[SecretStr, AfterValidator(address_check("postgresql", "postgresql+psycopg", "postgres"))]
RedisUrl = Annotated[SecretStr, AfterValidator(address_check("redis", "rediss", "unix"))]
Brokers = Annotated[str, AfterValidator(brokers_check)]
HttpUrl = Annotated[SecretStr, AfterValidator(address_check("http", "https"))]


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
