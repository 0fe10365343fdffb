"""URLs of this area."""

from django.urls import URLPattern, path

from mailflatrate.entrypoints.web.studio.test_inbox import views

urlpatterns: list[URLPattern] = [
    path("", views.inbox, name="test-inbox"),
    path("<int:message_id>/", views.message, name="test-inbox-message"),
    path("<int:message_id>/html/", views.html, name="test-inbox-html"),
    path("<int:message_id>/raw/", views.raw, name="test-inbox-raw"),
    path("<int:message_id>/signature/", views.signature, name="test-inbox-signature"),
    path("<int:message_id>/one-click/", views.one_click, name="test-inbox-one-click"),
]
