"""Settings for services of others: customers' DNS providers, registries that are queried about an applicant, and the
language model that drafts are sent to, if a customer wants writing help.
"""

from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from mailflatrate.settings.section import PREFIX, Positive, Section


class CustomerDomainSettings(Section):
    domain_connect_key: Path | None = Field(
        None,
        description="PEM file with the RSA key that signs Domain Connect links, with which customers have their DNS"
        " provider set up our records (docs/operations/customers.md). Empty: off.",
    )
    media_host_target: str | None = Field(
        None,
        description="Host name that customers point a CNAME at to serve images from their own domain. The proxy "
        "in front gets certificates for those hosts. Empty: images are served from the service's host "
        "only.",
    )


class VettingSettings(Section):
    rdap_server: str = Field(
        "https://rdap.org",
        pattern=r"^(https?://\S+)?$",
        description="RDAP server for looking up the age of an applicant's domain (R-03). Empty: off.",
    )
    vies_server: str = Field(
        "https://ec.europa.eu/taxation_customs/vies/rest-api",
        pattern=r"^(https?://\S+)?$",
        description="VIES server that fills in an applicant's company from its VAT ID. Empty: off.",
    )


class WritingSettings(Section):
    writing_url: str | None = Field(
        None,
        pattern=r"^https?://[^/\s@]+(/\S*)?$",
        description="Base URL of a chat-completions API for writing help in the editor, such as "
        "`http://10.0.0.5:8000/v1`; `/chat/completions` is added. Empty: writing help is off. Customers are told the "
        "host and what is sent there before they first use it.",
    )
    writing_model: str | None = Field(None, description="Name of the model. Required with a writing URL.")
    writing_key: str | None = Field(None, description="API key of the endpoint, sent as a bearer token.")
    writing_pictures: bool = Field(
        False,
        description="The model takes pictures: alternative texts are then written from the picture itself, otherwise "
        "from its file name and the words around it.",
    )
    writing_requests_day: Positive = Field(
        200, description="Requests to the model per account and day (UTC). One text is one request."
    )
    writing_timeout_seconds: Annotated[int, Field(ge=5, le=180)] = Field(
        60, description="Seconds that the model may take for one request."
    )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.writing_url and not self.writing_model:
            raise ValueError(f"{PREFIX}WRITING_MODEL: name the model at {PREFIX}WRITING_URL")
        return self

    @property
    def writing_host(self) -> str:
        return urlsplit(self.writing_url).netloc if self.writing_url else ""
