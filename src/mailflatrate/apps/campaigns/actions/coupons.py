"""Create pools of coupon codes, add codes, and remove those that were not given."""

import re
from typing import Final

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.models import User
from mailflatrate.apps.campaigns.coupon_codes import MOST_CODES, UploadedCodes, read_codes
from mailflatrate.apps.campaigns.errors import CampaignInputError, NameTaken
from mailflatrate.apps.campaigns.media import slug
from mailflatrate.apps.campaigns.models import CouponCode, CouponPool
from mailflatrate.base import tenancy

MOST_POOLS: Final = 200
MOST_IN_POOL: Final = 1_000_000


def create_pool(name: str, data: bytes, *, by: User | None) -> tuple[CouponPool, int]:
    """Also returns the number of codes; those another pool has are left out. Raises NameTaken, CampaignInputError."""
    name = name.strip()[:120]
    if not name:
        raise CampaignInputError(_("Give the codes a name."))
    if CouponPool.objects.count() >= MOST_POOLS:
        raise CampaignInputError(_("There are %(most)s coupons already. Delete one first.") % {"most": MOST_POOLS})
    uploaded = _usable(data)
    try:
        with transaction.atomic():
            pool = CouponPool.objects.create(name=name, key=_free_key(name), created_by=by)
            added = _insert(pool, uploaded)
            if not added:
                raise CampaignInputError(_("All of these codes belong to another coupon already."))
    except IntegrityError as taken:
        raise NameTaken(name) from taken
    return pool, added


def add_codes(pool_id: int, data: bytes) -> int:
    """Add the codes of an upload to a pool; return how many are new. Raises CampaignInputError."""
    pool = CouponPool.objects.select_for_update().get(id=pool_id)
    uploaded = _usable(data)
    if pool.codes.count() + len(uploaded.codes) > MOST_IN_POOL:
        raise CampaignInputError(_("A coupon can have up to %(most)s codes.") % {"most": MOST_IN_POOL})
    return _insert(pool, uploaded)


def remove_unused(pool_id: int) -> bool:
    """Delete the codes that no one got; return whether the whole pool went, because none was given."""
    pool = CouponPool.objects.select_for_update().get(id=pool_id)
    CouponCode.objects.filter(account_id=pool.account_id, pool=pool, given_at=None).delete()
    if pool.codes.exists():
        return False
    pool.delete()
    return True


def _usable(data: bytes) -> UploadedCodes:
    uploaded = read_codes(data)
    if uploaded.mistakes:
        lines = "; ".join(f"{number}: {text}" for number, text in uploaded.mistakes)
        message = _("These lines hold no code, so nothing was saved: %(lines)s. A code has 3 to 64 letters and digits.")
        raise CampaignInputError(message % {"lines": lines})
    if uploaded.problem == "empty":
        raise CampaignInputError(_("Upload a file with one code a line, or paste the codes."))
    if uploaded.problem:
        message = _("That's too much at once. Upload up to %(most)s codes in up to 8 MB, and add the others afterward.")
        raise CampaignInputError(message % {"most": MOST_CODES})
    return uploaded


def _free_key(name: str) -> str:
    stem = re.sub(r"^[^a-z]+", "", slug(name).replace("-", "_"))[:30] or "coupon"
    taken = set(CouponPool.objects.filter(key__startswith=stem).values_list("key", flat=True))
    return next(
        key for number in range(1, MOST_POOLS + 2) if (key := f"{stem}_{number}" if number > 1 else stem) not in taken
    )


def _insert(pool: CouponPool, uploaded: UploadedCodes) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO coupon_code (account_id, pool_id, code) SELECT %s, %s, code"
            " FROM unnest(%s::text[]) WITH ORDINALITY AS given (code, place) ORDER BY place"
            " ON CONFLICT (account_id, code) DO NOTHING",
            [tenancy.current_account_id(), pool.id, list(uploaded.codes)],
        )
        return int(cursor.rowcount)
