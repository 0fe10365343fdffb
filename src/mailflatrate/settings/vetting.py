"""Settings for registries that are queried about an applicant."""

from pydantic import Field

from mailflatrate.settings.section import Section


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
