"""A plain reading of segments in Python, beside which their SQL is held."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from mailflatrate.base import clock
from mailflatrate.rules.sending.providers import provider_of


@dataclass
class Someone:
    """What the naive reading knows of a person."""

    id: int
    email: str
    first_name: str
    values: dict[str, Any]
    active_days: float | None
    lists: dict[int, float]
    sources: list[str]
    forms: list[int]
    tags: set[int]
    agreed: bool
    got: set[int] = field(default_factory=set)
    sent_days: list[float] = field(default_factory=list)
    clicks: list[tuple[int, str, float]] = field(default_factory=list)


def holds(item: dict[str, Any], person: Someone) -> bool:
    """Whether a person is in a group, or meets a condition."""
    if "items" not in item:
        return meets(item, person)
    wanted = [holds(each, person) for each in item["items"] if not each.get("exclude")]
    unwanted = [holds(each, person) for each in item["items"] if each.get("exclude")]
    found = (all(wanted) if item["match"] == "all" else any(wanted)) if wanted else True
    return found and not any(unwanted)


def meets(asked: dict[str, Any], person: Someone) -> bool:
    op, value = asked["op"], asked.get("value")
    match asked["field"]:
        case "attribute":
            return of_field(op, value, person.values.get(asked["key"]))
        case "first_name":
            return of_text(op, value, person.first_name)
        case "email_domain":
            return of_text(op, value, person.email.split("@")[1])
        case "provider":
            return (provider_of(person.email.split("@")[1]) in value) != (op == "not_equals")
        case "activity" if op == "never":
            return person.active_days is None
        case "activity":
            return (person.active_days is not None and person.active_days <= value) == (op == "within_days")
    return named(asked, person)


def named(asked: dict[str, Any], person: Someone) -> bool:
    op, value = asked["op"], asked.get("value")
    match asked["field"]:
        case "list":
            return of_lists(op, value, asked.get("days"), person)
        case "tag" if op in ("set", "empty"):
            return bool(person.tags) == (op == "set")
        case "tag":
            return person.tags >= many(value) if op == "has_all" else bool(person.tags & many(value)) == (op == "has")
        case "form":
            return any(form in many(value) for form in person.forms) == (op == "in")
        case "source" if op == "not_contains":
            return not any(of_text("contains", value, source) for source in person.sources)
        case "source":
            return any(of_text(op, value, source) for source in person.sources)
        case "consent":
            return any(age <= value for age in person.lists.values()) == (op == "within_days")
    return counted(asked, person)


def of_lists(op: str, value: Any, days: Any, person: Someone) -> bool:
    on = [age for number, age in person.lists.items() if number in many(value)]
    if op in ("on", "not_on"):
        return bool(on) == (op == "on")
    return any((age <= days) == (op == "on_within_days") for age in on)


def counted(asked: dict[str, Any], person: Someone) -> bool:
    op, days = asked["op"], asked.get("days")
    if asked["field"] == "mailing":
        return (asked["value"] in person.got) == (op == "got")
    if asked["field"] == "received":
        number = sum(1 for age in person.sent_days if days is None or age <= days)
        return bool(number >= asked["times"]) == (op == "at_least")
    number = sum(
        1
        for campaign, link, age in person.clicks
        if asked.get("campaign") in (None, campaign)
        and asked.get("link") in (None, link)
        and (days is None or age <= days)
    )
    return person.agreed and bool(number >= (asked.get("times") or 1)) == (op == "did")


def many(value: Any) -> set[Any]:
    return set(value) if isinstance(value, list) else {value}


def of_text(op: str, value: Any, text: str) -> bool:
    text = text.lower()
    if op in ("set", "empty"):
        return (text != "") == (op == "set")
    if isinstance(value, list):
        return (text in [each.lower() for each in value]) == (op == "in")
    found = {
        "equals": text == value.lower(),
        "contains": value.lower() in text,
        "starts": text.startswith(value.lower()),
    }
    return not found[op.removeprefix("not_")] if op.startswith("not_") else found[op]


def of_field(op: str, value: Any, stored: Any) -> bool:
    text = "" if stored is None else ("true" if stored is True else "false" if stored is False else str(stored))
    if op in ("yes", "no"):
        return text.lower() == ("true" if op == "yes" else "false")
    if op in ("less", "at_most", "more", "at_least", "between") or (isinstance(value, int | float) and "equals" in op):
        return of_number(op, value, text)
    if op in ("before", "after", "on_day", "last_days", "anniversary"):
        return of_date(op, value, text)
    if isinstance(stored, list) and op in ("equals", "not_equals", "in", "has_all"):
        chosen, wanted = {each.lower() for each in stored}, {each.lower() for each in many(value)}
        return wanted <= chosen if op == "has_all" else bool(wanted & chosen) != (op == "not_equals")
    if op == "has_all":
        return all(text.lower() == each.lower() for each in value)
    if isinstance(stored, list) and op in ("set", "empty"):
        return op == "set"
    return of_text(op, value, text)


def of_number(op: str, value: Any, text: str) -> bool:
    try:
        number = float(text.strip().replace(",", "."))
    except ValueError:
        return op == "not_equals"
    if op == "between":
        return bool(value[0] <= number <= value[1])
    return {
        "less": number < value,
        "at_most": number <= value,
        "more": number > value,
        "at_least": number >= value,
        "equals": number == value,
        "not_equals": number != value,
    }[op]


def of_date(op: str, value: Any, text: str) -> bool:
    parts = text.split(".")
    if op == "anniversary" and text.startswith("--"):
        text = f"2000{text[1:]}"
    try:
        day = date(int(parts[2]), int(parts[1]), int(parts[0])) if len(parts) == 3 else date.fromisoformat(text)
    except ValueError:
        return False
    today = clock.now().date()
    if op == "last_days":
        return today - timedelta(days=value) <= day <= today
    if op == "anniversary":
        return any(today <= birthday(day, today.year + more) <= today + timedelta(days=value) for more in (0, 1))
    wanted = date.fromisoformat(value)
    return {"before": day < wanted, "after": day > wanted, "on_day": day == wanted}[op]


def birthday(day: date, year: int) -> date:
    try:
        return day.replace(year=year)
    except ValueError:
        return date(year, 2, 28)
