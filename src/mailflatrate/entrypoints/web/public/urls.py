"""URLs used in messages. `links.LinkKind` defines their first segment."""

from django.urls import URLPattern, path

from mailflatrate.apps.campaigns.campaign_content import CALENDAR_PATH
from mailflatrate.apps.campaigns.palette import SHIPPED_PATH
from mailflatrate.apps.lists.signing_keys import KEYS_PATH
from mailflatrate.apps.privacy.receipt import RECEIPT_PATH
from mailflatrate.entrypoints.presenters.signup.landing_pages import LANDING_PATH
from mailflatrate.entrypoints.web.public import (
    archive,
    calendar_files,
    clicks,
    dns_records,
    mailbox,
    media,
    media_hosts,
    not_me,
    polls,
    preferences,
    provider_hooks,
    receipt,
    report,
    signing_keys,
    unsubscribe,
    web_version,
)
from mailflatrate.entrypoints.web.public.rights import confirmation as rights_confirm
from mailflatrate.entrypoints.web.public.rights import data_request as rights
from mailflatrate.entrypoints.web.public.signup import confirm, landing, page, stand

urlpatterns: list[URLPattern] = [
    path("u/<str:token>", unsubscribe.unsubscribe, name="unsubscribe"),
    path("p/<str:token>", preferences.preferences, name="preferences"),
    path("w/<str:token>", web_version.web_view, name="web-view"),
    path("c/<str:token>", clicks.click, name="click"),
    path("a/<slug:code>/", archive.archive, name="archive"),
    path("a/<slug:code>/feed.xml", archive.feed, name="archive-feed"),
    path("a/<slug:code>/<str:mailing_id>/", archive.issue, name="archive-issue"),
    path("f/<slug:code>/", page.form, name="signup-form"),
    path("f/<slug:code>/move-in/<slug:move>/", page.form, name="move-in"),
    path("f/<slug:code>/task", page.task, name="signup-task"),
    path("f/<slug:code>/count", page.count, name="signup-count"),
    path("f/<slug:code>/form.js", page.script, name="signup-script"),
    path(f"{LANDING_PATH}/<slug:code>/", landing.landing_page, name="landing-page"),
    path("stand/<slug:code>/", stand.stand, name="stand"),
    path("stand/<slug:code>/entries", stand.entries, name="stand-entries"),
    path("confirm/<str:token>", confirm.confirm, name="signup-confirm"),
    path("k/<str:token>", clicks.personal_click, name="personal-click"),
    path(f"{SHIPPED_PATH}/<slug:stem>.png", media.shipped, name="shipped-picture"),
    path("m/<str:token>/<str:name>", media.picture, name="media-file"),
    path(f"{CALENDAR_PATH}/<str:token>/event.ics", calendar_files.event, name="calendar-file"),
    path(KEYS_PATH.removeprefix("/"), signing_keys.signing_keys, name="signing-keys"),
    path(f"{RECEIPT_PATH.removeprefix('/')}<str:token>", receipt.receipt_page, name="consent-receipt"),
    path(f"{RECEIPT_PATH.removeprefix('/')}<str:token>/receipt.json", receipt.download, name="consent-receipt-json"),
    path("media-hosts/ask", media_hosts.ask, name="media-host-ask"),
    path("d/<str:token>", rights.rights, name="rights"),
    path("r/<str:token>", rights_confirm.request_page, name="rights-request"),
    path("r/<str:token>/data.json", rights_confirm.download, {"form": "json"}, name="rights-json"),
    path("r/<str:token>/data.zip", rights_confirm.download, {"form": "zip"}, name="rights-zip"),
    path("mailbox/<str:token>", mailbox.mailbox, name="mailbox"),
    path("dns/<str:token>", dns_records.records, name="dns-records"),
    path("dns/<str:token>/zone.txt", dns_records.records, {"as_file": True}, name="dns-records-zone"),
    path("q/<str:token>/<int:number>/<int:chosen>", polls.answer, name="poll"),
    path("n/<str:token>", not_me.not_me, name="not-me"),
    path("hooks/<slug:provider>/<str:token>", provider_hooks.post, name="provider-hook"),
    path("report/", report.report, name="report"),
    path("report/task", report.task, name="report-task"),
    path("report/stop/<str:token>", report.stop, name="report-stop"),
    path("help/<str:mailing_id>", web_version.help_page, name="mailing-help"),
]
