"""A customer with a new domain at a DNS provider, in an installation that has Domain Connect switched on."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from mailflatrate.apps.domains import connect_template
from mailflatrate.apps.domains.actions import domains
from mailflatrate.apps.domains.models import SenderDomain
from mailflatrate.base import tenancy
from mailflatrate.entrypoints.studio.trust import provider_setup as pages
from mailflatrate.settings.schema import load_settings
from support.customers import Customer
from support.dns_provider import FakeProvider, dns_provider, key_file, records_set, verified_parameters

HTMX = {"HX-Request": "true"}
DOMAIN = "news.huber.at"


@dataclass
class Scene:
    """Anna, her domain and its provider."""

    anna: Customer
    domain: SenderDomain
    provider: FakeProvider

    @property
    def here(self) -> str:
        """The domain's page."""
        return f"/studio/senders/{self.domain.id}/"

    def start(self) -> str:
        """Start the setup; the link to the provider."""
        answer = self.anna.client.post(f"{self.here}provider/setup/", headers=HTMX)
        assert answer.status_code == 200, answer.content
        return str(answer.headers["HX-Redirect"])

    def agree(self, url: str) -> dict[str, str]:
        """What the provider does: verify the signature and set the records."""
        signer = connect_template.link_signer()
        assert signer is not None
        parameters = verified_parameters(url, {signer.label: list(signer.records)})
        self.provider.publish(records_set(connect_template.service_template(load_settings()), parameters))
        return parameters


@contextmanager
def domain_connect(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setenv("MAILFLATRATE_DOMAIN_CONNECT_KEY", str(key_file(folder)))
        load_settings.cache_clear()
        connect_template.link_signer.cache_clear()
        yield
    load_settings.cache_clear()
    connect_template.link_signer.cache_clear()


@contextmanager
def provider_scene(anna: Customer, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    with domain_connect(folder, monkeypatch), dns_provider(folder / "tls") as provider:
        with tenancy.account(anna.account_id):
            SenderDomain.objects.filter(name=DOMAIN).delete()
            domain = domains.add_domain(DOMAIN)
        spf = f"spf.{load_settings().service_domain}"
        provider.publish({spf: {"TXT": ["v=spf1 ip4:192.0.2.1 -all"]}})
        provider.host_zone("huber.at")
        provider.know_template()
        monkeypatch.setattr(pages, "provider_link", lambda: provider.link)
        monkeypatch.setattr(domains, "configured_resolver", lambda *_: provider.link.resolver)
        yield Scene(anna, domain, provider)
