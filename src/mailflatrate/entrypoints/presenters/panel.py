"""The checks panel: the gate's verdict on a draft as text, with links to the fields to fix."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.gate.actions import check_campaign
from mailflatrate.apps.gate.approval import BY_THE_APPROVER, is_askable
from mailflatrate.apps.gate.models import GateDecision
from mailflatrate.entrypoints.presenters.language import reading_language
from mailflatrate.locale.texts import ENGLISH
from mailflatrate.rules.automations.problems import ENTRY
from mailflatrate.rules.gate.judge import explain, failures_by_weight, params_in_words
from mailflatrate.rules.verdict import Finding, Severity, Verdict, verdict_from_json

STATES = {Severity.BLOCK: "blocked", Severity.REVIEW: "waiting", Severity.WARN: "warning", Severity.INFO: "todo"}
POLICY = "policy-acknowledged"
SECOND = "released-by-two"
SAMPLE_TEXT = "placeholders-replaced"
# Where the page itself holds the field, and which page of the studio does otherwise.
FIELDS = {
    "campaign.subject": "id_subject",
    "campaign.content": "content-card",
    "campaign.text": "id_text_override",
    "campaign.sender": "id_sender",
    "campaign.reply_to": "id_reply_to",
    "campaign.audience": "audience",
    "campaign.second_release": "when",
    "campaign.language": "id_language",
    "campaign.variants": "sending",
    "campaign.translations": "languages",
    "form.list": "id_mailing_list",
    "form.texts": "texts",
    "form.wording": "texts",
    "form.topics": "texts",
    "form.frequency": "texts",
    "form.fields": "fields",
}
OF_THE_FLOW = ("campaign.audience",)
"""What the flow of an automation decides for all its messages, by what starts it."""
PAGES = {
    "campaign.sender_name": "senders",
    "domain.dkim": "senders",
    "domain.spf": "senders",
    "domain.dmarc": "senders",
    "domain.mx": "senders",
    "account.standing": "account-status",
    "account.agreements": "account-status",
    "account.users": "account-status",
    "account.imprint": "imprint",
    "list.origin": "lists",
    "list.imports": "imports",
    "list.suppressions": "contacts",
}


@dataclass(frozen=True, slots=True)
class CheckItem:
    """One line of the panel. `opens_policy` shows the button that opens the policy question."""

    finding: Finding
    state: str
    title: str
    reason: str
    fix: str
    href: str
    rule: str
    source: str
    """The rule and where it comes from; the citations are English, so other readers see the rule alone."""
    opens_policy: bool = False

    @property
    def action(self) -> str:
        return _("Fix") if self.href else ""

    @property
    def finds(self) -> str:
        """Return the beginning of the text that the editor shows for this line; empty without one."""
        texts = str(dict(self.finding.params).get("texts", "")) if self.finding.key == SAMPLE_TEXT else ""
        return texts.partition(" · ")[0].removesuffix("…").strip()

    @property
    def is_on_page(self) -> bool:
        return self.href.startswith("#")


@dataclass(frozen=True, slots=True)
class Panel:
    """`blocking` checks stop the campaign; `askable`: only an approval is missing; `only_policy`: only its checkbox."""

    open: list[CheckItem]
    passed: list[CheckItem]
    blocking: int
    allowed: bool
    askable: bool
    only_policy: bool

    @property
    def open_count(self) -> int:
        """Return how many lines are open, including warnings."""
        return len(self.open)

    @property
    def reviews(self) -> list[CheckItem]:
        return [item for item in self.open if item.state == STATES[Severity.REVIEW]]

    @property
    def passed_count(self) -> int:
        return len(self.passed)


def panel_of(campaign: Campaign, *, for_approver: bool = False) -> Panel:
    """`for_approver` leaves out checks that the approver's release fulfills, of an automation for its messages."""
    return panel(
        check_campaign(campaign.id),
        has_sender=campaign.sender_id is not None,
        for_approver=for_approver,
        automation_id=campaign.automation_id,
    )


def panel_of_decision(decision: GateDecision) -> Panel:
    return panel(verdict_from_json({"rules_version": decision.rules_version, "findings": decision.findings}))


def panel(
    verdict: Verdict, *, has_sender: bool = True, for_approver: bool = False, automation_id: int | None = None
) -> Panel:
    """Return a verdict as the panel shows it, open checks ordered by severity. `automation_id`: of a message of one."""
    failures = failures_by_weight(verdict)
    if not has_sender:
        # Without a From address, its domain, name and records can't be in order either. One line is enough.
        failures = tuple(failure for failure in failures if not _follows_from_sender(failure))
    if automation_id is not None:
        failures = tuple(failure for failure in failures if failure.key not in BY_THE_APPROVER)
    if any(failure.key == SECOND for failure in failures):
        # The second person confirms the policy by releasing.
        hidden = BY_THE_APPROVER if for_approver else (POLICY,)
        failures = tuple(failure for failure in failures if failure.key not in hidden)
    return Panel(
        open=[_item(finding, automation_id) for finding in failures],
        passed=[_item(finding) for finding in verdict if finding.passed],
        blocking=sum(finding.severity is Severity.BLOCK for finding in failures),
        allowed=verdict.allowed,
        askable=is_askable(verdict),
        only_policy=[failure.key for failure in failures if failure.severity is Severity.BLOCK] == [POLICY],
    )


def _follows_from_sender(finding: Finding) -> bool:
    return finding.key != "sender-verified" and (
        finding.anchor.startswith("domain.") or finding.anchor in ("campaign.sender", "campaign.sender_name")
    )


def shared_findings(panels: Sequence[Panel | None]) -> tuple[list[CheckItem], list[Panel | None]]:
    """Return the open checks that all messages of an automation fail in the same way, and the panels without them."""
    visible_panels = [message_panel for message_panel in panels if message_panel is not None]
    if len(visible_panels) < 2:
        return [], list(panels)
    alike = set.intersection(*({item.finding for item in message_panel.open} for message_panel in visible_panels))
    shared = [item for item in visible_panels[0].open if item.finding in alike]
    return shared, [
        message_panel
        and replace(message_panel, open=[item for item in message_panel.open if item.finding not in alike])
        for message_panel in panels
    ]


def _item(finding: Finding, automation_id: int | None = None) -> CheckItem:
    words = explain(finding, reading_language())
    state = "passed" if finding.passed else STATES[finding.severity]
    return CheckItem(
        finding=finding,
        state=state,
        title=words.title if finding.passed else _of_variants(finding) + words.sentence,
        reason=words.why,
        fix=words.fix,
        href="" if finding.passed or finding.key == POLICY else href_of(finding.anchor, automation_id),
        rule=finding.rule,
        source=f"{finding.rule} · {words.source}" if reading_language() == ENGLISH else finding.rule,
        opens_policy=finding.key == POLICY and not finding.passed,
    )


def _of_variants(finding: Finding) -> str:
    if spoken := params_in_words(finding, reading_language()).get("languages"):
        return f"{spoken}: "
    letters = str(dict(finding.params).get("variants", ""))
    words = ngettext("Variant %(letters)s:", "Variants %(letters)s:", len(letters.split(",")))
    return f"{words % {'letters': letters}} " if letters else ""


def href_of(anchor: str, automation_id: int | None = None) -> str:
    if anchor in OF_THE_FLOW and automation_id is not None:
        return f"{url_or_nothing('automation_flow', automation_id)}?step={ENTRY}#side"
    if anchor in FIELDS:
        return f"#{FIELDS[anchor]}"
    return url_or_nothing(PAGES[anchor]) if anchor in PAGES else ""


def url_or_nothing(name: str, *args: object) -> str:
    """Return the URL of a studio page; empty if this installation has no page of that name."""
    try:
        return reverse(f"studio:{name}", args=args)
    except NoReverseMatch:
        return ""
