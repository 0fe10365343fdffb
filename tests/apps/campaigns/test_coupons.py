"""Pools of coupon codes: their names in texts, uploads, and removing what no one got."""

import pytest

from mailflatrate.apps.campaigns.actions.coupons import add_codes, create_pool, remove_unused
from mailflatrate.apps.campaigns.coupons import pool_names, pool_stocks, pools_in
from mailflatrate.apps.campaigns.errors import CampaignInputError, NameTaken
from mailflatrate.base import tenancy
from support.customers import sending_customer


def test_a_pool_has_its_own_name_and_codes() -> None:
    anna = sending_customer(people=0)
    with tenancy.account(anna.account_id):
        spring, added = create_pool("Frühling 2026!", b"A-1\nA-2\nA-1\n", by=anna.owner)
        assert (spring.key, added) == ("fruehling_2026", 2)
        second, added = create_pool("Frühling 2026?", b"A-2\nB-1\n", by=anna.owner)
        assert (second.key, added) == ("fruehling_2026_2", 1), "a code belongs to one coupon"
        assert dict(pool_names()) == {"fruehling_2026": spring.name, "fruehling_2026_2": second.name}
        assert pools_in(["x {{ coupon.fruehling_2026_2 }} {{ coupon.none }}"]) == {second.key: second.id}
        for name, data, refused in (
            ("Frühling 2026!", b"C-1", NameTaken),
            (" ", b"C-1", CampaignInputError),
            ("Empty", b"", CampaignInputError),
            ("Taken", b"A-1\nA-2", CampaignInputError),
            ("Broken", b"C-1\nno code", CampaignInputError),
        ):
            with pytest.raises(refused):
                create_pool(name, data, by=None)
        assert len(pool_names()) == 2, "nothing is left of what was refused"
        with pytest.raises(CampaignInputError):
            add_codes(spring.id, b"code\n<b>")
        assert add_codes(spring.id, b"A-2\nA-3\n") == 1
        assert [(stock.codes, stock.free) for stock in pool_stocks(spring.id)] == [(3, 3)]
        assert remove_unused(spring.id), "nothing was given, so the pool goes"
        assert "fruehling_2026" not in dict(pool_names())
