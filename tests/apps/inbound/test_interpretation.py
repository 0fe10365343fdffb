"""What a stored message is taken for before anyone acts on it: here, one that a relay's provider posted."""

from mailflatrate.apps.inbound.interpretation import read_all
from mailflatrate.apps.inbound.models import RawMail
from mailflatrate.apps.inbound.report_proof import SenderProof
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.rules.feedback.reports import Effect
from support.provider_events import hooked_relay
from support.returned_mail import sent_campaign
from support.scope import rows


def test_a_posted_complaint_is_vouched_for_by_its_provider_and_stops_this_account_alone() -> None:
    case = sent_campaign(people=1)
    with hooked_relay("postmark") as relay:
        relay.report(relay.event("complaint", case))
    mail = rows(PlatformReason.MAIL_IN, RawMail).get(via="hook", delivery_id=case.delivery_ids[0])
    (reading,) = read_all([mail])
    assert reading.is_posted
    assert reading.trust.proof is SenderProof.SOURCE
    assert reading.vouched
    judgement = reading.judgement()
    assert (judgement.effect, judgement.platform, judgement.counts) == (Effect.COMPLAINT, False, True)
