"""Where the addresses of objects come from: the rows of tables, put into the places of a pattern in order."""

import psycopg

MOST = 12


def _own(table: str, columns: str = "id", order: str = "") -> str:
    return f"SELECT {columns} FROM {table} WHERE account_id = %(anna)s ORDER BY {order or columns}"


def _any(table: str, columns: str = "id") -> str:
    return f"SELECT {columns} FROM {table} ORDER BY {columns}"


_ROOTS = {
    "/studio/account/<>": "SELECT %(anna)s::bigint",
    "/studio/automations/<>": _own("automation", order="id DESC"),
    "/studio/automations/<>/flow/side/<>": """
        SELECT s.automation_id, s.key FROM (
            SELECT v.automation_id, s.key, v.id FROM automation_step s JOIN automation_version v ON v.id = s.version_id
            WHERE s.account_id = %(anna)s UNION SELECT automation_id, 'entry', id FROM automation_version
            WHERE account_id = %(anna)s
        ) s ORDER BY s.id DESC, s.key""",
    "/studio/bulk/<>": _own("bulk_action"),
    "/studio/campaigns/<>": _own("campaign", order="state <> 'sending', id"),
    "/studio/campaigns/<>/answers/comments/<>": _own("poll_comment", "campaign_id, id"),
    "/studio/campaigns/<>/comments/<>": _own("campaign_comment", "campaign_id, id"),
    "/studio/campaigns/<>/edit/writing-help/<>": _own("writing_request", "campaign_id, id"),
    "/studio/campaigns/<>/links/<>": _own("report_link", "campaign_id, id"),
    "/studio/campaigns/<>/recipients/<>": _own("delivery", "campaign_id, id", "campaign_id <> 2, id"),
    "/studio/campaigns/<>/versions/<>": _own("campaign_version", "campaign_id, id"),
    "/studio/campaigns/digests/<>": _own("feed_digest"),
    "/studio/contacts/<>": _own("contact"),
    "/studio/contacts/<>/fields/<>": """
        SELECT c.id, f.key FROM contact c JOIN contact_field f USING (account_id)
        WHERE c.account_id = %(anna)s ORDER BY c.id, f.id""",
    "/studio/contacts/<>/notes/<>": _own("contact_note", "contact_id, id"),
    "/studio/contacts/<>/proof/<>": _own("subscription", "contact_id, mailing_list_id"),
    "/studio/content-lookups/<>": _own("content_lookup"),
    "/studio/copies/<>": _own("message_copy"),
    "/studio/coupons/<>": _own("coupon_pool"),
    "/studio/event-types/<>": _own("event_type"),
    "/studio/exports/<>": _own("export"),
    "/studio/fields/<>": _own("contact_field"),
    "/studio/forms/<>": _own("signup_form"),
    "/studio/forms/<>/stands/<>": _own("stand", "form_id, id"),
    "/studio/imports/<>": _own("import"),
    "/studio/imports/examples/<>": "VALUES ('mailchimp'), ('brevo'), ('none-such')",
    "/studio/imports/moves/<>": _own("move"),
    "/studio/imprint/versions/<>": _own("imprint"),
    "/studio/inactive/<>": _own("campaign"),
    "/studio/lists/<>": _own("mailing_list"),
    "/studio/lists/<>/origins/<>": _own("list_origin", "mailing_list_id, id"),
    "/studio/media/<>": _own("media"),
    "/studio/questions/<>": _own("case_question"),
    "/studio/saved-rows/<>": _own("saved_block"),
    "/studio/segments/<>": _own("segment"),
    "/studio/senders/<>": _own("sender_domain"),
    "/studio/senders/mailboxes/<>": _own("mailbox"),
    "/studio/settings/keys/<>": _own("api_key"),
    "/studio/settings/team/<>": _own("membership", order="role <> 'editor', id"),
    "/studio/settings/team/invitations/<>": _own("invitation"),
    "/studio/suppressions/<>": _own("suppression"),
    "/studio/suppressions/import/<>": _own("suppression_file"),
    "/studio/tags/<>": _own("tag"),
    "/studio/templates/<>": _own("mailing_template"),
    "/studio/test-inbox/<>": _own("postbox_message"),
    "/studio/test-lists/<>": _own("test_list"),
    "/studio/transactional/<>": _own("transactional_message"),
    "/studio/transactional/templates/<>": _own("message_template"),
    "/studio/webhooks/<>": _own("webhook_endpoint"),
    "/desk/accounts/<>": "SELECT id FROM account WHERE NOT is_house ORDER BY id <> %(anna)s, id",
    "/desk/accounts/<>/people/<>": _own("contact", "account_id, id"),
    "/desk/accounts/<>/people/<>/suppressions/<>": """
        SELECT s.account_id, c.id, s.id FROM suppression s JOIN contact c USING (account_id)
        WHERE s.account_id = %(anna)s ORDER BY 2, 3""",
    "/desk/accounts/<>/strikes/<>": _own("strike", "account_id, id"),
    "/desk/applications/<>": "SELECT account_id FROM application ORDER BY account_id = %(anna)s, account_id",
    "/desk/automations/<>": _any("automation"),
    "/desk/campaigns/<>": "SELECT id FROM campaign ORDER BY state <> 'review', id",
    "/desk/cases/<>": _any("abuse_case"),
    "/desk/cases/<>/answers/<>": """
        SELECT q.case_id, a.id FROM case_answer a JOIN case_question q ON q.id = a.question_id ORDER BY a.id""",
    "/desk/cases/contest/<>": _any("desk_message"),
    "/desk/cases/figures/<>-<>.<>": "VALUES ('2026', '11', 'json'), ('2026', '11', 'csv')",
    "/desk/documents/<>": _any("agreement_document"),
    "/desk/documents/new/<>": "SELECT DISTINCT kind FROM agreement_document ORDER BY kind",
    "/desk/figures/<>": _any("measure"),
    "/desk/held-imports/<>": _any("import"),
    "/desk/landing-pages/<>": _any("landing_page"),
    "/desk/lift-requests/<>": _any("lift_request"),
    "/desk/mail/<>": _any("raw_mail"),
    "/desk/origins/<>": _any("list_origin"),
    "/desk/relays/<>": _any("relay"),
    "/desk/suppressions/<>": _any("suppression"),
    "/desk/test-inbox/<>": _any("postbox_message"),
    "/desk/transactional/accounts/<>": "SELECT %(anna)s::bigint",
    "/desk/transactional/misdirected/<>": _any("misdirected_address"),
    "/desk/transactional/versions/<>": _any("template_version"),
    "/a/<>": "SELECT code FROM mailing_list WHERE account_id = %(anna)s ORDER BY id",
    "/a/<>/<>": """
        SELECT l.code, c.mailing_id FROM mailing_list l JOIN campaign c USING (account_id)
        WHERE l.account_id = %(anna)s AND c.state = 'sent' ORDER BY l.id, c.id LIMIT 1""",
    "/f/<>": _own("signup_form", "code", "id"),
    "/f/<>/move-in/<>": """
        SELECT f.code, m.code FROM signup_form f JOIN move m USING (account_id)
        WHERE f.account_id = %(anna)s ORDER BY f.id, m.id""",
    "/l/<>": _own("landing_page", "code", "id"),
    "/stand/<>": _own("stand", "code", "id"),
    "/help/<>": _own("campaign", "mailing_id", "id"),
    "/m/shipped/<>": "VALUES ('hills'), ('none-such')",
    "/apply/form/<>": "VALUES ('agreements'), ('company')",
}
_API = {
    "automations": "automation",
    "bulk-actions": "bulk_action",
    "campaigns": "campaign",
    "contacts": "contact",
    "digests": "feed_digest",
    "event-types": "event_type",
    "exports": "export",
    "fields": "contact_field",
    "forms": "signup_form",
    "imports": "import",
    "lists": "mailing_list",
    "media": "media",
    "messages": "transactional_message",
    "moves": "move",
    "segments": "segment",
    "sender-domains": "sender_domain",
    "suppressions": "suppression",
    "tags": "tag",
    "templates": "mailing_template",
    "test-lists": "test_list",
    "webhooks": "webhook_endpoint",
}
OBJECTS = _ROOTS | {
    **{f"/api/v1/{name}/<>": _own(table) for name, table in _API.items()},
    "/api/v1/automations/<>/versions/<>": _own("automation_version", "automation_id, id"),
    "/api/v1/campaigns/<>/recipients/<>": _own("delivery", "campaign_id, id"),
    "/api/v1/contacts/<>/lists/<>": _own("subscription", "contact_id, mailing_list_id"),
    "/api/v1/lists/<>/origins/<>": _own("list_origin", "mailing_list_id, id"),
}
"""The beginning of a pattern, up to its last place -> a statement with a column for each place."""


def listed(owner_url: str, anna: int) -> dict[str, list[str]]:
    """Return the paths of all objects by the beginning of their pattern."""
    found = {}
    with psycopg.connect(owner_url) as owner:
        for pattern, statement in OBJECTS.items():
            rows = owner.execute(statement, {"anna": anna}).fetchmany(MOST)
            found[pattern] = [filled(pattern, tuple(str(value) for value in row)) for row in rows]
    return found


def filled(pattern: str, values: tuple[str, ...]) -> str:
    """Put values into a pattern's places."""
    for value in values:
        pattern = pattern.replace("<>", value, 1)
    return pattern
