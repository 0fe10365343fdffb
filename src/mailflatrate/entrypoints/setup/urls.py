"""URLs of the initial setup."""

from django.urls import path

from mailflatrate.entrypoints.setup import views

urlpatterns = [
    path("", views.start, name="start"),
    path("setup/", views.setup, name="setup"),
    path("setup/<str:token>/", views.first_operator, name="setup_operator"),
]
