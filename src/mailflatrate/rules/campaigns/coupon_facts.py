"""What the rules know of a coupon with one code for each person."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CouponFacts:
    """A pool of coupon codes that the campaign shows: codes left, and how many the audience needs (R-52)."""

    name: str
    free: int
    needed: int
