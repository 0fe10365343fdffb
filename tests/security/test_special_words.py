"""Names in disguise for what GDPR Art. 9 and 10 protect (R-97), and a hundred ordinary names that stay allowed."""

import pytest

from mailflatrate.rules.contacts.personal_data import is_birth, is_special, says_nothing

DISGUISED = """
blutgruppe allergie dna fingerprint gdb GdB pflegegrad kirchensteuer bekenntnis vorstrafe strafregister party vote
religi0n r3ligion relig1on RELIGIÓN reli-gion re.li.gi.on croyance sante santé salute blutgruppe_kunde istVorbestraft
customerDNA DNATest d.n.a dna2 blut_gruppe Blut-Gruppe bloodType pregnant schwanger enfermedad grupo_sanguineo
Führungszeugnis fuehrungszeugnis fuhrungszeugnis casier_judiciaire antecedentesPenales trestni_rejstrik strafblad
criminal_record convicted gewerkschaft syndicat sindacato vakbond fackförening związek_zawodowy tradeUnionMember
religionszugehörigkeit geloof godsdienst wyznanie vyznání uskonto vallás θρησκεία религия rеligion ｒｅｌｉｇｉｏｎ
reli\u200bgion etnia ethnie race skin_color hautfarbe sexual_orientation seksualność sexe_orientation_sexuelle hiv
krankenkasse Schwerbehinderung grad_der_behinderung discapacidad niepełnosprawność zdrowie sjukdom sygdom terveys
betegség αναπηρία здраве political_party parteimitglied politische_richtung partito fingerabdruck huella_digital
biometric_id faceId gesundheitszustand h3alth diagn0se dn4
""".split()  # noqa: SIM905  # a list of words

ORDINARY = """
party_size geburtstagsparty vote_count party_room vote_weight city stadt street strasse postcode plz country land
phone telefon mobile company firma department abteilung customer_number kundennummer member_number mitgliedsnummer
member_since mitglied_seit membership_level shirt_size shoe_size schuhgroesse favorite_color lieblingsfarbe gender
geschlecht anrede salutation title titel language sprache currency newsletter_topics interests interessen hobby
sport sportart verein club team mannschaft trainer course kurs level niveau last_order letzte_bestellung order_count
order_total umsatz basket_value voucher gutschein discount rabatt loyalty_points punkte source quelle campaign
referrer branch filiale store shop delivery_note lieferung payment_method zahlungsart iban_last4 vat_id ust_id
website url instagram pet_name hundename plant_type wine_type smaller_group taller_guests union_square_store
metropolitan cosmopolitan trace embraced racing_bike traceId fertilizer gesucht teilgenommen
aufgenommen handicap_golf besuche herkunft segment score rating bewertung arrival_date abreise room_type
table_number seat season saison license_plate car_model size_40 mp3_format a4_print address1 address2 tag1 is_invalid
reaction_time partner partner_name participant partition devote_time lesbarkeit sucht_partner razza_cane voucher_code
nationality birthday_greeting_ok
""".split()  # noqa: SIM905  # a list of words


@pytest.mark.parametrize("name", DISGUISED)
def test_disguised_names_are_found(name: str) -> None:
    assert is_special(name)


def test_a_hundred_ordinary_names_stay_allowed() -> None:
    assert len(set(ORDINARY)) >= 100
    assert [name for name in ORDINARY if is_special(name)] == []


@pytest.mark.parametrize("name", ["date_de_naissance", "fechaNacimiento", "data di nascita",
                                  "data_urodzenia", "fødselsdag",
                                  "datum_narození", "g3burtsdatum", "kind_1", "child", "рожденDen"])  # fmt: skip
def test_births_are_found_in_other_languages(name: str) -> None:
    assert is_birth(name)


def test_a_name_that_says_nothing_is_one_or_two_letters() -> None:
    assert [name for name in ("g", "x1", "gd", "7", "geb", "day") if says_nothing(name)] == ["g", "x1", "gd", "7"]


def test_long_names_cost_little() -> None:
    assert not is_special("0o" * 50_000 + "a_" * 50_000)
