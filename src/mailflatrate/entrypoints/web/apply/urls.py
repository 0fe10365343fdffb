"""URLs of the application."""

from django.urls import path

from mailflatrate.entrypoints.web.apply import steps, views

app_name = "apply"
urlpatterns = [
    path("", views.start, name="start"),
    path("begin/<str:token>/", views.begin, name="begin"),
    path("go-on/", views.go_on, name="go-on"),
    path("form/hand-in/", steps.hand_in, name="hand-in"),
    path("form/<slug:name>/", steps.step, name="step"),
    path("done/", views.done, name="done"),
]
