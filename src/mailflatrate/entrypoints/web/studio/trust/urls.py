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
    path("settings/status/", account_status.show_status, name="account-status"),
    path("settings/status/messages/", account_status.write, name="account-status-message"),
    path("settings/agreements/", account_status.accept, name="account-status-accept"),
    path("settings/", account_status.account_settings, name="settings"),
    path("settings/security/", account_status.security, name="security"),
    path("settings/approval/", account_status.four_eyes, name="security-approval"),
    path("settings/compliance/", compliance.compliance, name="compliance"),
    path("settings/compliance.pdf", compliance.on_paper, name="compliance-pdf"),
    path("questions/", questions.questions, name="questions"),
    path("questions/<int:question_id>/", questions.one, name="question"),
    path("settings/team/", people.team, name="team"),
    path("settings/team/<int:membership_id>/role/", people.role, name="team-role"),
    path("settings/team/invitations/<int:invitation_id>/again/", people.invite_again, name="team-invite-again"),
    path(
        "settings/team/invitations/<int:invitation_id>/withdraw/",
        people.withdraw_invitation,
        name="team-invite-withdraw",
    ),
    path("settings/team/<int:membership_id>/remove/", people.remove, name="team-remove"),
    path("settings/keys/", keys.keys, name="keys"),
    path("settings/keys/<int:key_id>/revoke/", keys.revoke, name="key-revoke"),
]
