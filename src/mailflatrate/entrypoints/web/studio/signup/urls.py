"""URLs of this area."""

from django.urls import URLPattern, path

from mailflatrate.entrypoints.web.studio.signup import (
    builder,
    compared,
    forms,
    landing,
    person,
    placement,
    poster,
    series,
    stand,
)

FORM = "forms/<int:form_id>/"

urlpatterns: list[URLPattern] = [
    path("forms/", forms.index, name="forms"),
    path("forms/new/", forms.new, name="form-new"),
    path(FORM, forms.one, name="form"),
    path(f"{FORM}edit/", builder.edit, name="form-edit"),
    path(f"{FORM}preview/", builder.preview, name="form-preview"),
    path(f"{FORM}brand/", builder.use_brand, name="form-brand"),
    path(f"{FORM}placement/", placement.placement, name="form-placement"),
    path(f"{FORM}text/", compared.keep, name="form-text-keep"),
    path(f"{FORM}landing/", landing.edit, name="form-landing"),
    path(f"{FORM}landing/preview/", landing.preview, name="form-landing-preview"),
    path(f"{FORM}landing/publish/", landing.publish, name="form-landing-publish"),
    path(f"{FORM}landing/unpublish/", landing.unpublish, name="form-landing-unpublish"),
    path(f"{FORM}stands/", stand.stands, name="form-stands"),
    path(f"{FORM}stands/<int:stand_id>/close/", stand.close, name="form-stand-close"),
    path(f"{FORM}qr.svg", poster.qr_code, name="form-qr"),
    path(f"{FORM}poster.pdf", poster.poster, name="form-poster"),
    path(f"{FORM}publish/", builder.publish, name="form-publish"),
    path(f"{FORM}series/", series.edit, name="form-series"),
    path(f"{FORM}close/", forms.close, name="form-close"),
    path(f"{FORM}reopen/", forms.reopen, name="form-reopen"),
    path("contacts/new/", person.new, name="contact-new"),
]
