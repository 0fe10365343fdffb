"""What the signals say, as message ids. `%s` is the signal's value."""

from __future__ import annotations

from mailflatrate.locale.texts import N_, NC_, translate

# key of the signal and word of its sentence ("" is the title)
WORDS: dict[tuple[str, str], str] = {
    ("closed_account", ""): N_("Earlier accounts"),
    ("closed_account", "none"): N_("No closed or rejected account has the same data."),
    ("closed_account", "same"): N_("Data of a closed, suspended or rejected account, in %s places."),
    ("address", ""): N_("Sign-up address"),
    ("address", "own"): N_("%s is a personal address on a domain of their own."),
    ("address", "freemail"): N_("%s belongs to a mailbox provider."),
    ("address", "role"): N_("%s belongs to nobody in particular."),
    ("address", "disposable"): N_("%s is a throw-away address."),
    ("same_domain", ""): N_("Address and website"),
    ("same_domain", "same"): N_("The address is on the domain of the website (%s)."),
    ("same_domain", "other"): N_("The address is not on the domain of the website (%s)."),
    ("website", ""): N_("Website"),
    ("website", "there"): N_("It answers."),
    ("website", "missing"): N_("It does not answer: %s."),
    ("website", "unknown"): N_("Not checked: %s."),
    ("imprint", ""): N_("Imprint on the website"),
    ("imprint", "there"): N_("It is there."),
    ("imprint", "missing"): N_("It was not found: %s."),
    ("imprint", "unknown"): N_("Not checked: %s."),
    ("imprint_matches", ""): N_("Imprint and application"),
    ("imprint_matches", "all"): N_("The imprint says the same as the application."),
    ("imprint_matches", "some"): N_("%s entries of the application are not in the imprint."),
    ("imprint_matches", "unknown"): N_("Not checked."),
    ("form", ""): N_("Sign-up form"),
    ("form", "there"): NC_("sign-up form", "It answers."),
    ("form", "missing"): NC_("sign-up form", "It does not answer: %s."),
    ("form", "unknown"): N_("Not checked: %s."),
    ("domain_age", ""): N_("Age of the domain"),
    ("domain_age", "new"): N_("It was registered %s days ago. Whoever sends spam buys a new one."),
    ("domain_age", "young"): N_("It was registered %s days ago."),
    ("domain_age", "old"): N_("It has been registered for more than half a year; whole years: %s."),
    ("domain_age", "unknown"): N_("Not checked: %s."),
    ("blocklists", ""): N_("DNS blocklists"),
    ("blocklists", "none"): N_("Neither the domains nor the addresses stand on one."),
    ("blocklists", "listed"): N_("A domain or an address of the applicant stands on one."),
    ("blocklists", "off"): N_("Not checked: no list is configured."),
    ("blocklists", "unknown"): N_("Not checked: a list gave no answer."),
    ("mx", ""): N_("Mail of the domain (MX)"),
    ("mx", "there"): N_("The domain takes mail: %s."),
    ("mx", "missing"): N_("The domain takes no mail."),
    ("mx", "unknown"): N_("Not checked."),
    ("spf", ""): N_("SPF of the domain"),
    ("spf", "there"): N_("Published: %s"),
    ("spf", "missing"): N_("There is none."),
    ("spf", "unknown"): N_("Not checked."),
    ("dmarc", ""): N_("DMARC of the domain"),
    ("dmarc", "there"): N_("Published: %s"),
    ("dmarc", "missing"): N_("There is none."),
    ("dmarc", "unknown"): N_("Not checked."),
    ("vat", ""): N_("VAT ID"),
    ("vat", "well_formed"): N_("%s is well-formed, its check digit fits."),
    ("vat", "malformed"): N_("%s is not well-formed or its check digit is wrong."),
    ("vat", "none"): N_("There is no number: “%s”."),
    ("register", ""): N_("Register number"),
    ("register", "well_formed"): N_("%s: the court exists, the number is well-formed."),
    ("register", "number"): N_("%s; its form is not checked for this country."),
    ("register", "malformed"): N_("“%s” names no court of registration with a number."),
    ("register", "none"): N_("There is no number: “%s”."),
}


# Why a page could not be checked, as `wire.web` says it. What is not here is a figure or a machine's own words.
_PROBLEMS = frozenset(
    {
        N_("the name has no address"),
        N_("the DNS gave no answer"),
        N_("the address is not a public one"),
        N_("the port is not one of the web"),
        N_("not a web address"),
        N_("no answer in time"),
        N_("too many redirects"),
        N_("no HTTP"),
        N_("switched off"),
        N_("no registered domain"),
        N_("the registry does not say"),
    }
)


def signal_words(key: str, word: str, value: str, language: str) -> tuple[str, str]:
    """Title and sentence of a stored signal. Raises KeyError for one that no longer exists."""
    shown = translate(value, language) if value in _PROBLEMS else value
    return translate(WORDS[key, ""], language), translate(WORDS[key, word], language).replace("%s", shown)
