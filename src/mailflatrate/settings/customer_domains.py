"""Settings for what customers do with domains of their own."""

from pathlib import Path

from pydantic import Field

from mailflatrate.settings.section import Section


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
