"""Addresses that stand in mails. `links.LinkKind` names their first segment."""

from django.urls import URLPattern, path

from mailflatrate.entrypoints.web.public import clicks, letters, unsubscribe

urlpatterns: list[URLPattern] = [
    path("u/<str:token>", unsubscribe.unsubscribe, name="unsubscribe"),
    path("p/<str:token>", unsubscribe.preferences, name="preferences"),
    path("w/<str:token>", letters.web_view, name="web-view"),
    path("c/<str:token>", clicks.click, name="click"),
    path("help/<str:mailing_id>", letters.help_page, name="mailing-help"),
]
