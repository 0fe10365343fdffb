"""URLs of this area."""

from django.urls import URLPattern, path

from mailflatrate.entrypoints.web.studio.content import (
    brand,
    copies,
    coupons,
    lookups,
    media,
    media_edit,
    saved_blocks,
    templates,
)

urlpatterns: list[URLPattern] = [
    path("templates/", templates.index, name="templates"),
    path("templates/ours/", templates.gallery_page, name="template-gallery"),
    path("templates/ours/message/", templates.gallery_frame, name="template-gallery-message"),
    path("templates/<int:template_id>/", templates.own_page, name="template"),
    path("templates/<int:template_id>/message/", templates.own_frame, name="template-message"),
    path("templates/<int:template_id>/delete/", templates.delete, name="template-delete"),
    path("templates/<int:template_id>/lock/", templates.lock, name="template-lock"),
    path("campaigns/<int:campaign_id>/unlock/", templates.unlock, name="campaign-unlock"),
    path("campaigns/<int:campaign_id>/save-as-template/", templates.save, name="campaign-template"),
    path("saved-rows/", saved_blocks.save, name="saved-blocks"),
    path("saved-rows/<int:saved_block_id>/", saved_blocks.change, name="saved-block"),
    path("saved-rows/<int:saved_block_id>/delete/", saved_blocks.delete, name="saved-block-delete"),
    path("media/", media.index, name="media"),
    path("media/upload/", media.upload, name="media-upload"),
    path("media/picker/", media.picker, name="media-picker"),
    path("media/<int:media_id>/", media.one, name="media-one"),
    path("media/<int:media_id>/edit/", media_edit.edit, name="media-edit"),
    path("media/<int:media_id>/delete/", media.delete, name="media-delete"),
    path("copies/", copies.new, name="campaign-import"),
    path("copies/<int:copy_id>/", copies.one, name="campaign-copied"),
    path("content-lookups/", lookups.new, name="content-lookups"),
    path("content-lookups/<int:lookup_id>/", lookups.one, name="content-lookup"),
    path("coupons/", coupons.index, name="coupons"),
    path("coupons/<int:pool_id>/", coupons.one, name="coupon"),
    path("coupons/<int:pool_id>/given.csv", coupons.given, name="coupon-given"),
    path("coupons/<int:pool_id>/delete/", coupons.delete, name="coupon-delete"),
    path("brand/", brand.edit, name="brand"),
    path("brand/website/", brand.website, name="brand-website"),
    path("brand/preview/", brand.brand_preview, name="brand-preview"),
    path("brand/form/", brand.brand_form_preview, name="brand-form-preview"),
]
