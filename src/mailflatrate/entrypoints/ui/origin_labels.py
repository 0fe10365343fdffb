"""Origins and import figures in the form that pages show, both to the customer and at the desk."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mailflatrate.apps.intake.models import CheckState, Import
from mailflatrate.apps.intake.people_figures import AGE_BOUNDS_DAYS
from mailflatrate.apps.lists.models import EvidenceColumn, ListOrigin
from mailflatrate.entrypoints.presenters.language import reading_language
from mailflatrate.locale.formats import written_rate
from mailflatrate.rules.origins.figures import MIN_ROWS, SHARES, AnomalyKind, ImportFigures, anomaly_sentence, share_of
from mailflatrate.rules.origins.forbidden import group_sentence

NEAR_LIMIT = 0.75
SHOWN_IMPORTS = 20


def _proof_of(origin: ListOrigin) -> list[str]:
    mappings = Import.objects.filter(origin_id=origin.id).order_by("-id").values_list("mapping", flat=True)
    columns = {*origin.evidence, *(name for mapping in mappings[:SHOWN_IMPORTS] for name in mapping)}
    return [column.value for column in EvidenceColumn if column.value in columns]


def facts_of(origin: ListOrigin) -> list[tuple[str, str]]:
    until = date_format(origin.collected_to) if origin.collected_to else _("today")
    words = dict(EvidenceColumn.choices)
    pairs = [
        (_("How"), origin.get_kind_display()),
        (_("Where"), "\n".join(origin.form_urls)),
        (_("When"), _("%(begin)s to %(end)s") % {"begin": date_format(origin.collected_from), "end": until}),
        (_("Previous email platform"), origin.previous_system),
        (_("Last campaign"), date_format(origin.last_mailed_on) if origin.last_mailed_on else _("never")),
        (_("Addresses"), number_format(origin.declared_count, force_grouping=True)),
        (_("Sender named at sign-up"), origin.controller),
        (_("Proof in the file"), ", ".join(str(words[name]) for name in _proof_of(origin)) or _("none")),
        (
            _("Signed by"),
            f"{origin.signatory}, {date_format(timezone.localtime(origin.declared_at), 'SHORT_DATETIME_FORMAT')}",
        ),
    ]
    return [(label, str(text)) for label, text in pairs if text]


@dataclass(frozen=True, slots=True)
class HitRow:
    before: str
    found: str
    after: str
    why: str
    rule: str


def hits_of(origin: ListOrigin) -> list[HitRow]:
    return [
        HitRow(hit["before"], hit["found"], hit["after"], group_sentence(hit["group"], reading_language()), hit["rule"])
        for hit in origin.hits
    ]


@dataclass(frozen=True, slots=True)
class Bar:
    label: str
    count: int
    percent: float
    text: str


def figures_of(job: Import) -> dict[str, Any] | None:
    kept: dict[str, Any] | None = job.figures
    if not kept:
        return None
    figures = ImportFigures(**kept["figures"])
    over = {anomaly["kind"] for anomaly in kept["anomalies"]}
    shares = [_share(figures, kind, over=kind.value in over) for kind in SHARES]
    if figures.forbidden_sources:
        shares.append(_forbidden(figures))
    state, tone = _state(CheckState(job.check_state), sum(share["near"] for share in shares))
    return {
        "people": figures.people,
        "state": state,
        "tone": tone,
        "anomalies": [share for share in shares if share["over"]],
        "shares": shares,
        "domains": _bars(kept["domains"], figures.people),
        "domain_count": kept["domain_count"],
        "ages": _ages(kept["ages"]),
        "sources": _bars(kept["sources"], figures.people),
        "source_count": kept["source_count"],
        "dead_domains": kept["dead_domains"],
        "judged_from": MIN_ROWS if figures.rows < MIN_ROWS else 0,
    }


def _state(state: CheckState, near: int) -> tuple[str, str]:
    """Return the word and tone of a check; amber lines never appear below "nothing unusual"."""
    if state == CheckState.CLEAR and near:
        words = ngettext(
            "Within limits, %(number)d close to its limit", "Within limits, %(number)d close to their limits", near
        )
        return words % {"number": near}, "warning"
    return str(state.label), state.tone


def _share_words() -> Mapping[AnomalyKind, str]:
    return {
        AnomalyKind.ROLES: _("Role addresses"),
        AnomalyKind.DISPOSABLE: _("Disposable addresses"),
        AnomalyKind.SYNTAX: _("Invalid addresses"),
        AnomalyKind.SUPPRESSED: _("Previously suppressed or unsubscribed"),
        AnomalyKind.UNRESOLVABLE: _("Domains that don't accept email"),
        AnomalyKind.ONE_DOMAIN: _("On the largest company domain"),
        AnomalyKind.SEQUENTIAL: _("Sequentially numbered"),
        AnomalyKind.MISTYPED: _("Misspelled domains"),
        AnomalyKind.UNREAD_NOES: _("Opt-outs without an address"),
        AnomalyKind.FORBIDDEN_SOURCE: _("Source names a prohibited origin"),
        AnomalyKind.SAME_MOMENT: _("Confirmed in the same second"),
        AnomalyKind.SAME_IP: _("Signed up from the same IP address"),
    }


def _share(figures: ImportFigures, kind: AnomalyKind, *, over: bool) -> dict[str, Any]:
    count, whole, limit = share_of(figures, kind)
    percent = 100 * count / whole if whole else 0.0
    return {
        "label": _share_words()[kind],
        "count": count,
        "percent": written_rate(percent, reading_language(), limit, least=1),
        "limit": written_rate(limit, reading_language(), limit, least=0),
        "over": over,
        "near": not over and whole >= MIN_ROWS and percent > limit * NEAR_LIMIT,
        "why": anomaly_sentence(kind, reading_language()),
    }


def _forbidden(figures: ImportFigures) -> dict[str, Any]:
    kind = AnomalyKind.FORBIDDEN_SOURCE
    percent = 100 * figures.forbidden_sources / max(figures.people, figures.forbidden_sources)
    return {
        "label": _share_words()[kind],
        "count": figures.forbidden_sources,
        "percent": written_rate(percent, reading_language(), 0, least=1),
        "limit": written_rate(0, reading_language(), least=0),
        "over": True,
        "near": False,
        "why": anomaly_sentence(kind, reading_language()),
    }


def _bars(rows: list[list[Any]], whole: int) -> list[Bar]:
    return [
        Bar(label or "–", count, 100 * count / whole if whole else 0.0, number_format(count, force_grouping=True))
        for label, count in rows[:10]
    ]


def _ages(counts: list[int]) -> list[Bar]:
    labels = [
        _("up to 1 month"),
        _("up to 3 months"),
        _("up to 6 months"),
        _("up to 12 months"),
        _("up to 18 months"),
        _("up to 24 months"),
        _("older"),
    ]
    assert len(labels) == len(AGE_BOUNDS_DAYS) + 1
    whole = sum(counts)
    return [
        Bar(label, count, 100 * count / whole if whole else 0.0, number_format(count, force_grouping=True))
        for label, count in zip(labels, counts, strict=True)
    ]
