"""URLs of this area."""

from mailflatrate.entrypoints.studio.content import (
    brand,
    copies,
    coupons,
    lookups,
    media,
    media_edit,
    saved_blocks,
    templates,
    test_lists,
)
from mailflatrate.entrypoints.ui.pages import patterns

urlpatterns = patterns(templates, saved_blocks, media, media_edit, copies, lookups, coupons, test_lists, brand)
