"""Amazon SES: bounces as JSON, sent by SNS as email or posted as is."""

from dataclasses import replace

from mailflatrate.mail.bounce_text.verdict import judge
from mailflatrate.mail.reading import address
from mailflatrate.mail.reading.mime import MimePart
from mailflatrate.mail.reading.sns import read_notification
from mailflatrate.mail.reading.values import BounceOutcome, BounceReason, BounceVerdict, BounceWitness, Failure

#: Subtypes of a permanent bounce that say that the mailbox does not exist (SES developer guide, "Bounce types").
_DEAD_SUBTYPES = frozenset({"General", "NoEmail"})


def read_ses(message: MimePart) -> tuple[Failure, ...]:
    """Return the failed recipients of the notification in the message; none if it carries none."""
    data = read_notification(message)
    bounce = data.get("bounce") if data is not None else None
    if not isinstance(bounce, dict) or not isinstance(bounce.get("bouncedRecipients"), list):
        return ()
    failures = [_failure(item, bounce) for item in bounce["bouncedRecipients"] if isinstance(item, dict)]
    return tuple(failure for failure in failures if failure.address)


def _failure(item: dict[str, object], bounce: dict[str, object]) -> Failure:
    status, diagnostic = str(item.get("status", "")), str(item.get("diagnosticCode", ""))
    verdict = judge(diagnostic, status, final=True)
    if bounce.get("bounceType") == "Permanent" and bounce.get("bounceSubType") in _DEAD_SUBTYPES:
        verdict = _with_subtype(verdict, status, no_email=bounce.get("bounceSubType") == "NoEmail")
    return Failure(address.clean(str(item.get("emailAddress", ""))), "failed", status, diagnostic, "", verdict)


def _with_subtype(verdict: BounceVerdict, status: str, *, no_email: bool) -> BounceVerdict:
    """Combine Amazon's verdict with ours: it supports ours, and decides if the reply says nothing."""
    witnesses = tuple(dict.fromkeys((*verdict.witnesses, BounceWitness.CODE)))
    if verdict.hard:
        return replace(verdict, witnesses=witnesses)
    if no_email or verdict.reason is BounceReason.UNDEFINED:
        return BounceVerdict(BounceReason.USERUNKNOWN, True, status or "5.1.1", BounceOutcome.RECIPIENT_HARD, witnesses)
    return verdict
