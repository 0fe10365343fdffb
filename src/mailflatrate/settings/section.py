"""The base that all sections of the settings share."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

PREFIX = "MAILFLATRATE_"

Port = Annotated[int, Field(ge=0, le=65535)]
Positive = Annotated[int, Field(gt=0)]


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class SettingsError(Exception):
    """A variable is unknown or malformed; the message names it and says what is expected."""
