"""What the rules know of a coupon with one code for each person."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CouponFacts:
    name: str
    free: int
    needed: int
