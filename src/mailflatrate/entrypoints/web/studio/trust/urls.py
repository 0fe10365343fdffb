"""URLs of this area."""

from django.urls import URLPattern, path

from mailflatrate.entrypoints.web.studio.trust import (
    account_status,
    compliance,
    imprint,
    keys,
    mailboxes,
    media_hosts,
    people,
    questions,
    senders,
)

urlpatterns: list[URLPattern] = [
    path("senders/", senders.senders, name="senders"),
    path("senders/new/", senders.new, name="sender-new"),
    path("senders/<int:domain_id>/", senders.domain, name="sender-domain"),
    path("senders/<int:domain_id>/check/", senders.check, name="sender-check"),
    path("senders/<int:domain_id>/addresses/", senders.add_address, name="sender-address"),
    path("senders/<int:domain_id>/media-host/", media_hosts.name, name="media-host"),
    path("senders/<int:domain_id>/media-host/leave/", media_hosts.leave, name="media-host-leave"),
    path("senders/<int:domain_id>/remove/", senders.remove, name="sender-remove"),
    path("senders/mailboxes/", senders.add_reply, name="reply-add"),
    path("senders/mailboxes/<int:mailbox_id>/ask/", mailboxes.ask, name="mailbox-ask"),
    path("senders/mailboxes/<int:mailbox_id>/remove/", mailboxes.remove, name="reply-remove"),
    path("imprint/", imprint.imprint, name="imprint"),
    path("imprint/fields/", imprint.fields, name="imprint-fields"),
    path("imprint/preview/", imprint.preview, name="imprint-preview"),
    path("imprint/versions/<int:imprint_id>/", imprint.version, name="imprint-version"),
    path("standing/", account_status.show_status, name="standing"),
    path("standing/letters/", account_status.write, name="standing-write"),
    path("standing/agreements/", account_status.accept, name="standing-accept"),
    path("standing/settings/", account_status.account_settings, name="standing-settings"),
    path("standing/security/", account_status.security, name="standing-security"),
    path("standing/settings/four-eyes/", account_status.four_eyes, name="standing-four-eyes"),
    path("standing/compliance/", compliance.compliance, name="standing-compliance"),
    path("standing/compliance.pdf", compliance.on_paper, name="standing-compliance-pdf"),
    path("questions/", questions.questions, name="questions"),
    path("questions/<int:question_id>/", questions.one, name="question"),
    path("standing/people/", people.team, name="standing-people"),
    path("standing/people/<int:membership_id>/role/", people.role, name="standing-role"),
    path("standing/people/invitations/<int:invitation_id>/again/", people.invite_again, name="standing-invite-again"),
    path(
        "standing/people/invitations/<int:invitation_id>/withdraw/",
        people.withdraw_invitation,
        name="standing-invite-withdraw",
    ),
    path("standing/people/<int:membership_id>/remove/", people.remove, name="standing-remove"),
    path("standing/keys/", keys.keys, name="standing-keys"),
    path("standing/keys/<int:key_id>/revoke/", keys.revoke, name="standing-key-revoke"),
]
