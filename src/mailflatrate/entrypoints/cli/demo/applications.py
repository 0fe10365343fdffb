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
    "business_model": "We grow perennials and bulbs, and sell them in our shop and by mail order.",
    "sending_history": "One newsletter a month since March 2025, most recently to 1,900 people.",
    "previous_provider": "The newsletter module of our shop system",
    "leaving_reason": "It doesn't keep proof of consent.",
    "monthly_volume": 8000,
    "cadence": "monthly",
    "lists": [
        {
            "name": "Newsletter",
            "size": 2100,
            "collection": "Sign-up form on lindenhof.example with double opt-in, since March 2025",
        }
    ],
    "form_url": "https://lindenhof.example/newsletter",
    "sample_mailing": "The winter bulbs are here\n\nDear gardeners, come and plant with us until Saturday ...",
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
    "business_model": "Furniture for kitchens and bathrooms, from one store in Kiel.",
    "sending_history": "No campaigns yet.",
    "previous_provider": "None, we're just starting",
    "leaving_reason": "None, we're just starting",
    "monthly_volume": 1500,
    "cadence": "seldom",
    "lists": [{"name": "Kitchen news", "size": 300, "collection": "Form in the store, confirmed by email"}],
    "form_url": "https://nordstern.example/kuechenbrief",
    "sample_mailing": "New kitchens in January\n\nHello, in the new year we'll show you ...",
}
