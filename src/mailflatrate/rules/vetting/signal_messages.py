"""The signals' texts, as message ids. `%s` is the signal's value."""

from mailflatrate.locale.texts import N_, NC_, translate

# key of the signal and word of its sentence ("" is the title)
WORDS: dict[tuple[str, str], str] = {
    ("closed_account", ""): N_("Previous accounts"),
    ("closed_account", "none"): N_("No closed or rejected account has the same details."),
    ("closed_account", "same"): N_("Details that match a closed, suspended or rejected account: %s."),
    ("address", ""): N_("Sign-up address"),
    ("address", "own"): N_("%s is a personal address at their own domain."),
    ("address", "freemail"): N_("%s is at a mailbox provider."),
    ("address", "role"): N_("%s is a role address."),
    ("address", "disposable"): N_("%s is a disposable address."),
    ("same_domain", ""): N_("Address and website"),
    ("same_domain", "same"): N_("The address is at the website's domain (%s)."),
    ("same_domain", "other"): N_("The address isn't at the website's domain (%s)."),
    ("website", ""): N_("Website"),
    ("website", "there"): N_("It responds."),
    ("website", "missing"): N_("It doesn't respond: %s."),
    ("website", "unknown"): N_("Not checked: %s."),
    ("imprint", ""): N_("Website imprint page"),
    ("imprint", "there"): N_("It was found."),
    ("imprint", "missing"): N_("It wasn't found: %s."),
    ("imprint", "unknown"): N_("Not checked: %s."),
    ("imprint_matches", ""): N_("Imprint and application"),
    ("imprint_matches", "all"): N_("The imprint matches the application."),
    ("imprint_matches", "some"): N_("Details in the application that aren't in the imprint: %s."),
    ("imprint_matches", "unknown"): N_("Not checked."),
    ("form", ""): N_("Sign-up form"),
    ("form", "there"): NC_("sign-up form", "It responds."),
    ("form", "missing"): NC_("sign-up form", "It doesn't respond: %s."),
    ("form", "unknown"): N_("Not checked: %s."),
    ("domain_age", ""): N_("Domain age"),
    ("domain_age", "new"): N_("It was registered %s days ago. Spammers buy new domains."),
    ("domain_age", "young"): N_("It was registered %s days ago."),
    ("domain_age", "old"): N_("It has been registered for more than half a year. Full years: %s."),
    ("domain_age", "unknown"): N_("Not checked: %s."),
    ("blocklists", ""): N_("DNS blocklists"),
    ("blocklists", "none"): N_("Neither the domains nor the addresses are listed."),
    ("blocklists", "listed"): N_("At least one domain or address of the applicant is listed."),
    ("blocklists", "off"): N_("Not checked: no list is configured."),
    ("blocklists", "unknown"): N_("Not checked: a list didn't respond."),
    ("mx", ""): N_("Mail servers of the domain (MX)"),
    ("mx", "there"): N_("The domain accepts email: %s."),
    ("mx", "missing"): N_("The domain doesn't accept email."),
    ("mx", "unknown"): N_("Not checked."),
    ("spf", ""): N_("SPF of the domain"),
    ("spf", "there"): N_("Published: %s"),
    ("spf", "missing"): N_("Not published."),
    ("spf", "unknown"): N_("Not checked."),
    ("dmarc", ""): N_("DMARC of the domain"),
    ("dmarc", "there"): N_("Published: %s"),
    ("dmarc", "missing"): N_("Not published."),
    ("dmarc", "unknown"): N_("Not checked."),
    ("vat", ""): N_("VAT ID"),
    ("vat", "well_formed"): N_("%s is well-formed, and its check digit is correct."),
    ("vat", "malformed"): N_("%s is malformed, or its check digit is wrong."),
    ("vat", "none"): N_("No number given: “%s”."),
    ("vat_register", ""): N_("VAT ID in the EU register (VIES)"),
    ("vat_register", "valid"): N_("The register confirms %s."),
    ("vat_register", "invalid"): N_("The register says that %s isn't valid."),
    ("vat_register", "other"): N_("The register names another company: %s."),
    ("vat_register", "unknown"): N_("Not checked: %s."),
    ("register", ""): N_("Register number"),
    ("register", "well_formed"): N_("%s: the court exists, and the number is well-formed."),
    ("register", "number"): N_("%s. We don't check the format for this country."),
    ("register", "malformed"): N_("“%s” doesn't name a registration court with a number."),
    ("register", "none"): N_("No number given: “%s”."),
}


# Why a page could not be checked, as `wire.web` says it. What is not here is a figure or a machine's own words.
_PROBLEMS = frozenset(
    {
        N_("the name has no address"),
        N_("the DNS gave no answer"),
        N_("the address is not public"),
        N_("not a web port"),
        N_("not a web address"),
        N_("no answer in time"),
        N_("too many redirects"),
        N_("no HTTP response"),
        N_("switched off"),
        N_("no registered domain"),
        N_("the registry does not say"),
    }
)


def signal_words(key: str, word: str, value: str, language: str) -> tuple[str, str]:
    """Return title and sentence of a stored signal. Raises KeyError for one that no longer exists."""
    text = translate(value, language) if value in _PROBLEMS else value
    return translate(WORDS[key, ""], language), translate(WORDS[key, word], language).replace("%s", text)
