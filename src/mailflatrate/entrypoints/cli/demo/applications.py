"""The applications of the demonstration's two companies (R-02)."""

from typing import Any, Final

LINDENHOF: Final[dict[str, Any]] = {
    "legal_name": "Gärtnerei Lindenhof GmbH",
    "register_number": "Amtsgericht Kiel, HRB 1234 KI",
    "vat_id": "DE136695976",
    "street": "Lindenweg 4",
    "postcode": "24103",
    "city": "Kiel",
    "country": "DE",
    "responsible_person": "Anna Lindner",
    "phone": "+49 431 123450",
    "website": "https://lindenhof.example",
    "imprint_url": "https://lindenhof.example/impressum",
    "sector": "shop",
    "business_model": "Wir ziehen Stauden und Zwiebeln und verkaufen sie im Laden und im Versand.",
    "sending_history": "Seit März 2025 ein Brief im Monat, zuletzt an 1.900 Menschen.",
    "previous_provider": "Das Newsletter-Modul unseres Ladensystems",
    "leaving_reason": "Es hält Einwilligungen nicht nachweisbar fest.",
    "monthly_volume": 8000,
    "cadence": "monthly",
    "lists": [
        {
            "name": "Newsletter",
            "size": 2100,
            "collection": "Anmeldeformular auf lindenhof.example mit Double-Opt-in, seit März 2025",
        }
    ],
    "form_url": "https://lindenhof.example/newsletter",
    "sample_mailing": "Winterzwiebeln sind da\n\nLiebe Gartenfreunde, pflanzen Sie bis Samstag mit uns ...",
}
NORDSTERN: Final[dict[str, Any]] = {
    **LINDENHOF,
    "legal_name": "Möbelhaus Nordstern GmbH & Co. KG",
    "register_number": "Amtsgericht Kiel, HRA 4321 KI",
    "vat_id": "DE811907980",
    "street": "Hafenstraße 12",
    "responsible_person": "Carla Brandt",
    "phone": "+49 431 987650",
    "website": "https://nordstern.example",
    "imprint_url": "https://nordstern.example/impressum",
    "business_model": "Möbel für Küche und Bad, ein Haus in Kiel.",
    "sending_history": "Noch keine Mailings.",
    "previous_provider": "keiner, wir beginnen",
    "leaving_reason": "keiner, wir beginnen",
    "monthly_volume": 1500,
    "cadence": "seldom",
    "lists": [{"name": "Küchenbrief", "size": 300, "collection": "Formular im Haus, bestätigt per E-Mail"}],
    "form_url": "https://nordstern.example/kuechenbrief",
    "sample_mailing": "Neue Küchen im Januar\n\nGuten Tag, im neuen Jahr zeigen wir ...",
}
