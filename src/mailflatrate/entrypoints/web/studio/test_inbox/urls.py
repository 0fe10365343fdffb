"""URLs of this area."""

from django.urls import URLPattern, path

from mailflatrate.entrypoints.web.studio.test_inbox import views

urlpatterns: list[URLPattern] = [
    path("", views.inbox, name="postbox"),
    path("<int:message_id>/", views.message, name="postbox-message"),
    path("<int:message_id>/html/", views.html, name="postbox-html"),
    path("<int:message_id>/raw/", views.raw, name="postbox-raw"),
    path("<int:message_id>/signature/", views.signature, name="postbox-signature"),
    path("<int:message_id>/one-click/", views.one_click, name="postbox-one-click"),
]
