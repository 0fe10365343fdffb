"""URLs of the application."""

from django.urls import path

from mailflatrate.entrypoints.apply import steps, views

app_name = "apply"
urlpatterns = [
    path("", views.start, name="start"),
    path("agreements/", views.agreements, name="agreements"),
    path("begin/<str:token>/", views.begin, name="begin"),
    path("resume/", views.resume, name="resume"),
    path("company/", views.look_up, name="company-lookup"),
    path("form/submit/", steps.submit, name="submit"),
    path("form/<slug:name>/", steps.step, name="step"),
    path("done/", views.done, name="done"),
]
