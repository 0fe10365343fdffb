"""A campaign in several languages: its own fields are the first text; further ones are numbered like variants, each an
edition. People get the language of their field or of their confirmation, or else the first text.
"""

from collections.abc import Mapping
from copy import copy
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from mailflatrate.apps.campaigns.errors import CampaignInputError
from mailflatrate.apps.campaigns.models import Campaign, Edition
from mailflatrate.apps.campaigns.queries import audience_of
from mailflatrate.apps.campaigns.recipients import judged_sql, parameters_of
from mailflatrate.apps.campaigns.variants import FIELDS, all_variants, as_variant
from mailflatrate.apps.segments.builders import named_sql
from mailflatrate.locale.texts import languages
from mailflatrate.rules.contacts.languages import ATTRIBUTES, language_code, spellings

_FIELD = ", ".join(f"nullif(btrim(c.attributes->>'{name}'), '')" for name in ATTRIBUTES)


def _chosen(consent: str) -> str:
    """Return SQL for what names a person's language; `consent` is the details of the evidence of their consent."""
    return f"coalesce({_FIELD}, {consent}->>'language')"


JOIN = f"""LEFT JOIN consent_evidence evidence
        ON evidence.event_id = s.consent_event_id AND evidence.account_id = %(account_id)s
    LEFT JOIN unnest(%(spellings)s::text[], %(arms)s::int[]) AS tongue (name, arm)
        ON tongue.name = lower(split_part(replace({_chosen("evidence.details")}, '_', '-'), '-', 1))"""
"""Joins the number of each person's text to the contact table `c` and the subscription `s`."""
ARM = "coalesce(tongue.arm, 0)"
"""The number of a person's text; the parameters of `JOIN` are those of `arms_by_spelling`."""

_COUNT = f"""
SELECT {_chosen("own.details")} AS chosen, count(*)
FROM ({{judged}}) p JOIN contact c ON c.id = p.contact_id AND c.account_id = %(account_id)s
LEFT JOIN consent_evidence own ON own.event_id = p.consent_event_id AND own.account_id = c.account_id
WHERE p.left_out IS NULL GROUP BY 1
"""  # noqa: S608  # made of constants


def languages_of(campaign: Campaign) -> list[str]:
    return [variant.language for variant in all_variants(campaign)] if campaign.translations else [campaign.language]


def taken_languages(campaign: Campaign, number: int) -> list[str]:
    return [code for at, code in enumerate(languages_of(campaign)) if at != number]


def possible_languages(campaign: Campaign) -> list[str]:
    """Return the languages that a campaign could get a further text in; none with an A/B test or in an automation."""
    if campaign.variants or campaign.automation_id is not None:
        return []
    return [code for code in languages() if code not in languages_of(campaign)]


def with_language(campaign: Campaign, code: str, number: int = 0) -> list[dict[str, Any]]:
    """The new one begins as a copy of the text `number`. Raises CampaignInputError if there can be none."""
    if code not in possible_languages(campaign):
        raise CampaignInputError(_("The campaign can't have another text in this language."))
    source = as_variant(campaign, number)
    return [*campaign.translations, {"language": code, **{name: getattr(source, name) for name in FIELDS}}]


def without_language(campaign: Campaign, code: str) -> dict[str, Any]:
    """Return the draft values that remove a language; if that is the campaign's own, the second takes its place."""
    if not campaign.translations or code not in languages_of(campaign):
        return {}
    if code != campaign.language:
        return {
            "translations": [translation for translation in campaign.translations if translation["language"] != code]
        }
    first, *others = campaign.translations
    return {**first, "translations": others}


def check_languages(campaign: Campaign) -> None:
    """Each language once, and no A/B test or automation beside several. Raises CampaignInputError."""
    if not campaign.translations:
        return
    if campaign.variants:
        raise CampaignInputError(
            _("A campaign can't have an A/B test and several languages. Remove the variants or the languages first.")
        )
    if campaign.automation_id is not None:
        raise CampaignInputError(
            _("A message of an automation has one language. Use a condition in the automation, and a message for each.")
        )
    used = languages_of(campaign)
    if len(set(used)) != len(used) or not set(used) <= set(languages()):
        raise CampaignInputError(_("A campaign has one text in each of its languages."))


def arms_by_spelling(campaign: Campaign) -> dict[str, Any]:
    table = {name: number for number, code in enumerate(languages_of(campaign)) if number for name in spellings(code)}
    return {"spellings": list(table), "arms": list(table.values())}


def people_by_language(campaign: Campaign) -> Mapping[str, int]:
    """Most popular first, "" for unknown. Raises SegmentError."""
    not_meant, named = named_sql(*audience_of(campaign).reason_sql())
    counted: dict[str, int] = {}
    with connection.cursor() as cursor:
        cursor.execute(_COUNT.format(judged=judged_sql(not_meant)), parameters_of(campaign) | named)
        for chosen, people in cursor.fetchall():
            code = language_code(chosen or "") or ""
            counted[code] = counted.get(code, 0) + people
    return dict(sorted(counted.items(), key=lambda item: (-item[1], item[0])))


def language_of(campaign: Campaign, edition_id: int | None) -> str:
    edition = Edition.objects.filter(id=edition_id).first() if campaign.translations and edition_id else None
    return edition.language if edition and edition.language else campaign.language


def campaign_of(edition: Edition) -> Campaign:
    version = copy(edition.campaign)
    version.language = edition.language or version.language
    return version
