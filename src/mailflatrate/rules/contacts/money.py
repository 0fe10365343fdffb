"""Money in events of customers' systems: exact decimals as written, never a binary fraction, bounded."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Any, Final

LARGEST_AMOUNT: Final = Decimal(10**9)
"""An amount is less than this, and a refund more than its negative."""
LEAST_WINDOW_DAYS: Final = 1
MOST_WINDOW_DAYS: Final = 30
WINDOW_DAYS: Final = 7
"""How many days after a click an event counts for the campaign, unless the account sets something else."""
_AMOUNT: Final = re.compile(r"-?\d{1,15}(?:\.\d{1,20})?(?:[eE][+-]?\d{1,2})?", re.ASCII)

# ISO 4217: the currencies in use, by how many decimals their amounts have.
_NO_DECIMALS: Final = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
_TWO_DECIMALS: Final = (
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP "
    "CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR "
    "IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN "
    "NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP "
    "STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VES WST XCD XCG YER ZAR ZMW ZWG"
)
_THREE_DECIMALS: Final = "BHD IQD JOD KWD LYD OMR TND"
CURRENCIES: Final[Mapping[str, int]] = {
    code: decimals
    for decimals, codes in ((0, _NO_DECIMALS), (2, _TWO_DECIMALS), (3, _THREE_DECIMALS))
    for code in codes.split()
}


class MoneyFault(StrEnum):
    AMOUNT = "amount"
    CURRENCY = "currency"


class MoneyRefused(Exception):
    """Raised when an event's amount or currency can't be taken. `name` is the property."""

    def __init__(self, fault: MoneyFault, name: str) -> None:
        super().__init__(fault, name)
        self.fault, self.name = fault, name


@dataclass(frozen=True, slots=True)
class GoalProperties:
    """An empty name means none; `currency` is that of events that name none."""

    amount: str = ""
    currency_name: str = ""
    currency: str = ""
    coupon: str = ""


@dataclass(frozen=True, slots=True)
class Money:
    currency: str
    amount: Decimal


def money_of(goal: GoalProperties, properties: Mapping[str, Any]) -> Money | None:
    """Return an event's money; None if it names no amount. A negative amount is a refund. Raises MoneyRefused."""
    value = properties.get(goal.amount) if goal.amount else None
    if value is None:
        return None
    # The shortest text that means this number: the digits that the caller sent.
    text = value.strip() if isinstance(value, str) else "" if isinstance(value, bool) else str(value)
    if not _AMOUNT.fullmatch(text) or abs(amount := Decimal(text)) >= LARGEST_AMOUNT:
        raise MoneyRefused(MoneyFault.AMOUNT, goal.amount)
    currency = currency_of(goal, properties)
    return Money(currency, amount.quantize(Decimal(1).scaleb(-CURRENCIES[currency]), ROUND_HALF_UP))


def currency_of(goal: GoalProperties, properties: Mapping[str, Any]) -> str:
    """Return the ISO 4217 code of an event's currency. Raises MoneyRefused."""
    named = properties.get(goal.currency_name) if goal.currency_name else None
    code = named.strip().upper() if isinstance(named, str) else goal.currency
    if code not in CURRENCIES:
        raise MoneyRefused(MoneyFault.CURRENCY, goal.currency_name)
    return code


def coupon_of(goal: GoalProperties, properties: Mapping[str, Any]) -> str:
    value = properties.get(goal.coupon) if goal.coupon else None
    return value.strip()[:64] if isinstance(value, str) else ""
