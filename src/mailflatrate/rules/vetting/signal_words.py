"""What the signals say, in both languages. `%s` is the signal's value."""

from __future__ import annotations

from mailflatrate.rules.verdict import Language

# key of the signal and word of its sentence ("" is the title): English, German
WORDS: dict[tuple[str, str], tuple[str, str]] = {
    ("closed_account", ""): ("Earlier accounts", "Frühere Konten"),
    ("closed_account", "none"): (
        "No closed or rejected account has the same data.",
        "Kein geschlossenes oder abgelehntes Konto hat dieselben Daten.",
    ),
    ("closed_account", "same"): (
        "Data of a closed, suspended or rejected account, in %s places.",
        "Daten eines geschlossenen, gesperrten oder abgelehnten Kontos, an %s Stellen.",
    ),
    ("address", ""): ("Sign-up address", "Adresse der Anmeldung"),
    ("address", "own"): (
        "%s is a personal address on a domain of their own.",
        "%s ist eine persönliche Adresse auf eigener Domain.",
    ),
    ("address", "freemail"): ("%s belongs to a mailbox provider.", "%s gehört zu einem Postfachanbieter."),
    ("address", "role"): ("%s belongs to nobody in particular.", "%s gehört niemandem Bestimmten."),
    ("address", "disposable"): ("%s is a throw-away address.", "%s ist eine Wegwerfadresse."),
    ("same_domain", ""): ("Address and website", "Adresse und Website"),
    ("same_domain", "same"): (
        "The address is on the domain of the website (%s).",
        "Die Adresse liegt auf der Domain der Website (%s).",
    ),
    ("same_domain", "other"): (
        "The address is not on the domain of the website (%s).",
        "Die Adresse liegt nicht auf der Domain der Website (%s).",
    ),
    ("website", ""): ("Website", "Website"),
    ("website", "there"): ("It answers.", "Sie antwortet."),
    ("website", "missing"): ("It does not answer: %s.", "Sie antwortet nicht: %s."),
    ("website", "unknown"): ("Not checked: %s.", "Nicht geprüft: %s."),
    ("imprint", ""): ("Imprint on the website", "Impressum der Website"),
    ("imprint", "there"): ("It is there.", "Es ist da."),
    ("imprint", "missing"): ("It was not found: %s.", "Es wurde nicht gefunden: %s."),
    ("imprint", "unknown"): ("Not checked: %s.", "Nicht geprüft: %s."),
    ("imprint_matches", ""): ("Imprint and application", "Impressum und Antrag"),
    ("imprint_matches", "all"): (
        "The imprint says the same as the application.",
        "Das Impressum sagt dasselbe wie der Antrag.",
    ),
    ("imprint_matches", "some"): (
        "%s entries of the application are not in the imprint.",
        "%s Angaben des Antrags stehen nicht im Impressum.",
    ),
    ("imprint_matches", "unknown"): ("Not checked.", "Nicht geprüft."),
    ("form", ""): ("Sign-up form", "Anmeldeformular"),
    ("form", "there"): ("It answers.", "Es antwortet."),
    ("form", "missing"): ("It does not answer: %s.", "Es antwortet nicht: %s."),
    ("form", "unknown"): ("Not checked: %s.", "Nicht geprüft: %s."),
    ("domain_age", ""): ("Age of the domain", "Alter der Domain"),
    ("domain_age", "new"): (
        "It was registered %s days ago. Whoever sends spam buys a new one.",
        "Sie wurde vor %s Tagen registriert. Wer Spam versendet, kauft sich eine neue.",
    ),
    ("domain_age", "young"): ("It was registered %s days ago.", "Sie wurde vor %s Tagen registriert."),
    ("domain_age", "old"): (
        "It has been registered for more than half a year; whole years: %s.",
        "Sie ist seit mehr als einem halben Jahr registriert; volle Jahre: %s.",
    ),
    ("domain_age", "unknown"): ("Not checked: %s.", "Nicht geprüft: %s."),
    ("blocklists", ""): ("DNS blocklists", "DNS-Sperrlisten"),
    ("blocklists", "none"): (
        "Neither the domains nor the addresses stand on one.",
        "Weder die Domains noch die Adressen stehen auf einer.",
    ),
    ("blocklists", "listed"): (
        "A domain or an address of the applicant stands on one.",
        "Eine Domain oder eine Adresse des Antragstellers steht auf einer.",
    ),
    ("blocklists", "off"): ("Not checked: no list is configured.", "Nicht geprüft: Es ist keine Liste eingestellt."),
    ("blocklists", "unknown"): ("Not checked: a list gave no answer.", "Nicht geprüft: Eine Liste gab keine Antwort."),
    ("mx", ""): ("Mail of the domain (MX)", "Post der Domain (MX)"),
    ("mx", "there"): ("The domain takes mail: %s.", "Die Domain nimmt Post an: %s."),
    ("mx", "missing"): ("The domain takes no mail.", "Die Domain nimmt keine Post an."),
    ("mx", "unknown"): ("Not checked.", "Nicht geprüft."),
    ("spf", ""): ("SPF of the domain", "SPF der Domain"),
    ("spf", "there"): ("Published: %s", "Veröffentlicht: %s"),
    ("spf", "missing"): ("There is none.", "Es gibt keines."),
    ("spf", "unknown"): ("Not checked.", "Nicht geprüft."),
    ("dmarc", ""): ("DMARC of the domain", "DMARC der Domain"),
    ("dmarc", "there"): ("Published: %s", "Veröffentlicht: %s"),
    ("dmarc", "missing"): ("There is none.", "Es gibt keines."),
    ("dmarc", "unknown"): ("Not checked.", "Nicht geprüft."),
    ("vat", ""): ("VAT ID", "USt-IdNr."),
    ("vat", "well_formed"): (
        "%s is well-formed, its check digit fits.",
        "%s ist wohlgeformt, die Prüfziffer stimmt.",
    ),
    ("vat", "malformed"): (
        "%s is not well-formed or its check digit is wrong.",
        "%s ist nicht wohlgeformt, oder die Prüfziffer stimmt nicht.",
    ),
    ("vat", "none"): ("There is no number: “%s”.", "Es gibt keine Nummer: „%s“."),
    ("register", ""): ("Register number", "Registernummer"),
    ("register", "well_formed"): (
        "%s: the court exists, the number is well-formed.",
        "%s: Das Gericht gibt es, die Nummer ist wohlgeformt.",
    ),
    ("register", "number"): (
        "%s; its form is not checked for this country.",
        "%s; die Form wird für dieses Land nicht geprüft.",
    ),
    ("register", "malformed"): (
        "“%s” names no court of registration with a number.",
        "„%s“ nennt kein Registergericht mit Nummer.",
    ),
    ("register", "none"): ("There is no number: “%s”.", "Es gibt keine Nummer: „%s“."),
}


# Why a page was not seen, as `wire.web` says it, in German. What is not here is a figure or the words of a machine.
_PROBLEMS = {
    "the name has no address": "Der Name hat keine Adresse",
    "the DNS gave no answer": "Das DNS gab keine Antwort",
    "the address is not a public one": "Die Adresse ist nicht öffentlich",
    "the port is not one of the web": "Der Port ist keiner des Webs",
    "not a web address": "Das ist keine Webadresse",
    "no answer in time": "Keine Antwort in der gesetzten Zeit",
    "too many redirects": "Zu viele Weiterleitungen",
    "no HTTP": "Keine Antwort in HTTP",
    "switched off": "ausgeschaltet",
    "no registered domain": "keine registrierte Domain",
    "the registry does not say": "Die Registrierungsstelle sagt es nicht",
}


def signal_words(key: str, word: str, value: str, language: Language) -> tuple[str, str]:
    """Title and sentence of a stored signal. Raises KeyError for one that no longer exists."""
    side = 1 if language is Language.GERMAN else 0
    shown = _PROBLEMS.get(value, value) if side else value
    return WORDS[key, ""][side], WORDS[key, word][side].replace("%s", shown)
