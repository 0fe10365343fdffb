"""URLs of this area."""

from mailflatrate.entrypoints.web.pages import patterns
from mailflatrate.entrypoints.web.studio.content import (
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

urlpatterns = patterns(templates, saved_blocks, media, media_edit, copies, lookups, coupons, test_lists, brand)
