"""Find which of many addresses occur in a text, in one pass over it, however many there are."""

from collections.abc import Sequence


class AddressSearch:
    """Addresses and texts are in lower case; an address counts wherever it occurs, also inside a longer one."""

    def __init__(self, emails: Sequence[str]) -> None:
        self.emails = tuple(emails)
        self._locals: dict[bytes, dict[bytes, int]] = {}
        for number, email in enumerate(self.emails):
            local, _, domain = email.encode().rpartition(b"@")
            self._locals.setdefault(domain, {}).setdefault(local, number)
        self._sizes = {domain: sorted({*map(len, local_parts)}) for domain, local_parts in self._locals.items()}
        # Most texts behind an @ are told apart from every domain by one lookup of their first octets.
        self._head = min(map(len, self._locals), default=0)
        self._domains: dict[bytes, list[bytes]] = {}
        for domain in self._locals:
            self._domains.setdefault(domain[: self._head], []).append(domain)
        self.longest = max((len(email.encode()) for email in self.emails), default=0)

    def named_in(self, text: bytes) -> set[int]:
        numbers: set[int] = set()
        at = text.find(b"@")
        while at >= 0:
            begin = at + 1
            for domain in self._domains.get(text[begin : begin + self._head], ()):
                if not text.startswith(domain, begin):
                    continue
                local_parts = self._locals[domain]
                for size in self._sizes[domain]:
                    number = local_parts.get(text[at - size : at]) if size <= at else None
                    if number is not None:
                        numbers.add(number)
            at = text.find(b"@", begin)
        return numbers
