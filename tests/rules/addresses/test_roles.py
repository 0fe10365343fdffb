"""Role or person? Each line of the tables is a local part."""

# ruff: noqa: SIM905

import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailflatrate.rules.addresses import is_refused_role, role_tier
from mailflatrate.rules.addresses.role_words import role_words

REFUSED = """
info Info INFO infos information kontakt Kontakt contact contact-us kontaktformular anfrage anfragen zentrale
verwaltung
buero büro Büro BÜRO buro sekretariat empfang rezeption reception geschäftsführung geschaeftsfuehrung geschaftsfuhrung
geschaeftsleitung poststelle post mail email e-mail e.mail office hello hallo team welcome willkommen
support service kundenservice kunden-service kunden_service kundendienst kundenbetreuung customerservice
customer.service customer-care helpdesk help-desk help hotline feedback reklamation reparatur ersatzteile
vertrieb verkauf einkauf bestellung bestellungen order orders auftrag angebote versand logistik shop webshop sales
purchasing procurement reservierung buchung booking reservations
marketing werbung presse pressestelle press pr redaktion öffentlichkeitsarbeit oeffentlichkeitsarbeit anzeigen abo
media
news events veranstaltungen
buchhaltung rechnung rechnungen rechnungseingang invoice invoices billing accounting accounts-payable finance finanzen
kasse mahnung lohnbuchhaltung payroll steuern
personal personalabteilung bewerbung bewerbungen karriere career careers jobs hr ausbildung betriebsrat mitarbeiter
alle
datenschutz datenschutzbeauftragter dsb privacy legal rechtsabteilung compliance kanzlei
abuse noc security postmaster hostmaster usenet webmaster www uucp ftp root admin administrator sysadmin it edv
it-support
itsupport technik technical test demo guest bounce bounces fbl
noreply no-reply no.reply no_reply NoReply donotreply do-not-reply do.not.reply nicht-antworten keine-antwort
mailer-daemon autoreply notifications benachrichtigung
newsletter newsletters news-letter abmeldung newsletter-abmeldung newsletter_anmeldung unsubscribe subscribe mailing
praxis apotheke hotel restaurant werkstatt hausverwaltung immobilien vermietung
vorstand verein mitglieder schule schulleitung kita pfarramt gemeinde rathaus bibliothek feuerwehr
comptabilite comptabilité accueil segreteria ventas contatto
info1 info2 info01 info2024 info-1 info_2 info.3 1info 24info info+x info+newsletter INFO+Shop no.reply+tag support99
sales1 admin123 kontakt2 team5 service24
info- -info _info info. in.fo in-fo i.n.f.o sup-port
info-kiel kiel-info info.berlin info_berlin info.münchen info-muenchen info-munchen info-de info.de info-at info.ch
info-deutschland sales.uk sales-emea support-de support_en-de support.international service-nord vertrieb-sued
vertrieb-süd vertrieb.west filiale-info zentrale-wien empfang.wien rezeption-salzburg reservierung-hamburg
verkauf.graz
info-team team-info team.vertrieb vertriebsteam vertriebs-team vertrieb.innendienst verkauf-online marketing-team
support.team supportteam firma-support helpdesk-it it.helpdesk it-service customer.service.berlin kundenservice-wien
kundenservice.online bewerbung-ausbildung jobs-hamburg karriere-team presse-team presse.online rechnung-eingang
rechnungen.eingang datenschutz-team abuse-team newsletter-team newsletter-service info-service infoservice
infoberlin berlininfo supportberlin serviceteam teamservice salesteam teamsales infohotel hotelinfo
vertriebsleitung verkaufsleitung marketingleitung personalbuero
noreply-anna noreply.shop no-reply-news shop-noreply bounce-support mitglieder-request dev-request alle-request
users-owner kundenliste-bounces presseliste-unsubscribe
""".split()

HELD = """
chef Chef boss ceo cto president präsident praesident direktor director inhaber manager leiter vorsitzender
pfarrer pastor bürgermeister buergermeister trainer coach redakteur assistent geschaeftsfuehrer
family familie freunde club gruppe master studio atelier agentur web online design musik sport garten recht
berlin Berlin hamburg münchen muenchen munich wien zürich zuerich london paris newyork usa deutschland bayern
chef1 berlin2 chef+x 1.vorsitzender qa qm ir
info.mueller info-mueller mueller.info mueller-info support.acme service.j tech.anna kanzlei-schmidt schmidt-kanzlei
praxis-meier praxis.dr.meier hotel-adler restaurant.krone vertrieb.huber k.vertrieb redaktion-tagblatt
newsletter.max info-anna kontakt.thomas vertrieb-sandra berlin.studio
""".split()

PERSONS = """
anna Anna anna.huber Anna.Huber anna_huber anna-huber annahuber a.huber ahuber huber hubera huber.anna anna1985
anna.huber85 anna.maria.huber anna-maria.huber dora.x max max.mustermann m.mustermann mm mmu thomas thomas1
mark.sales mark-sales marksales sales.mark sonja.office office.sonja sonja.info anna.info anna.vertrieb thomas.support
peter.service karin.presse ben.shop ben.mail mail.ben post.anna anna.post anna.newsletter max.admin carla.team
berlin.anna anna.berlin paris.hilton hamburg.jens jens.hamburg wien.max frank.reich frank.furt
infanger b.infanger supper suppan postl postler post.huber h.post p.ost mailaender mailänder maier teamann kontak
offermann officer verkaufer marketa h.kunde f.gast j.root c.guest k.lohn f.list h.r p.r i.t marketos pressler
preßler presser presl jobst jobson hilfer helpman shopper
salesch sales.j j.sales saleh sallis webber weber adminski admoni newsome newman abter abusch buse a.buse h.elp
b.illing illing billinger m.arketing s.ales o.ffice p.ress h.ello
koch schneider mueller müller bauer richter kaiser kanzler-huber vogt bader apotheker wirt kellner amtmann bischof
probst
priester fischer schmidt wagner schäfer schaefer meister hofmeister baumeister burgmeister schulmeister
alexa gardner florence charlotte victoria austin sydney chelsea dallas jackson lincoln hagen ulm.jan kassel.tim
kasseler
hamburger wiener berliner pariser bremer münchner muenchner frankfurter schweizer oesterreicher deutsch english french
md mr 123 2015 2030 007 x y ab xyz k9 q1w2e3 chef1985 chef2000 berlin1990 berlin89 family2010 master2000 boss77
king queen princess mama papa oma opa sunshine blume sternchen schnecke mausi tiger2 drachen lieschen sonnenblume
ich me privat private home.sweet hubert hubertus ingo inge infa infante informer contador contreras teamo teammate
dr.huber dr.med.huber prof.huber frau.huber herr.huber familie.huber fam.huber huber.familie
josé jose maría garcía björn bjoern sørensen łukasz 用户 дмитрий γιώργος anna+info anna+newsletter anna.huber+shop
john.personal personal.john personal.smith people.like.us mary.help grace.hill will.smith faith hope joy rich
jan.feb mai april june summer art art.garfunkel rob.banks bill.gates bill.ing n.oc no.reh noah.reply
lager.thomas t.lager laden.otto otto.laden partner.m m.partner wolf.markt
konstantin.office c.welcome wirsing wirth hirsch ciaoragazzi
""".split()


@pytest.mark.parametrize("local", REFUSED)
def test_tier_one_is_refused(local: str) -> None:
    assert role_tier(local) == 1


@pytest.mark.parametrize("local", HELD)
def test_tier_two_waits_for_a_reviewer(local: str) -> None:
    assert role_tier(local) == 2


@pytest.mark.parametrize("local", PERSONS)
def test_persons_pass(local: str) -> None:
    assert role_tier(local) is None


@pytest.mark.parametrize("local", ["", "+", "+info", "...", "123", "_", "-1-"])
def test_nothing_to_read_is_no_role(local: str) -> None:
    assert role_tier(local) is None


SURNAMES = """
mueller schmidt schneider fischer weber meyer wagner becker schulz hoffmann schaefer koch bauer richter klein wolf
schroeder neumann schwarz zimmermann braun krueger hofmann hartmann lange schmitt werner schmitz krause meier lehmann
schmid schulze maier koehler herrmann koenig walter mayer huber kaiser fuchs peters lang scholz moeller weiss jung
hahn
schubert vogel friedrich keller guenther frank berger winkler roth beck lorenz baumann franke albrecht schuster simon
ludwig boehm winter kraus martin schumacher kraemer vogt stein jaeger otto sommer gross seidel heinrich brandt haas
schreiber graf schulte dietrich ziegler kuhn kuehn pohl engel horn busch bergmann thomas voigt sauer arnold wolff
pfeiffer
smith johnson williams brown jones garcia miller davis rodriguez martinez hernandez lopez gonzalez wilson anderson
taylor
moore jackson lee perez thompson white harris sanchez clark ramirez lewis robinson walker young allen king wright
scott
torres nguyen hill flores green adams nelson baker hall rivera campbell mitchell carter roberts yilmaz kaya demir
sahin
celik yildiz yildirim ozturk aydin ozdemir arslan dogan kilic kowalski nowak wisniewski novak svoboda horvath nagy
kovacs
rossi russo ferrari esposito bianchi gruber pichler steiner moser mayr hofer leitner berger fuchs eder fischer
schmid weber
""".split()


@pytest.mark.parametrize("surname", sorted(set(SURNAMES)))
def test_surnames_are_never_a_role_in_any_usual_form(surname: str) -> None:
    forms = (
        surname,
        f"a.{surname}",
        f"anna.{surname}",
        f"{surname}.anna",
        f"{surname}{1985}",
        f"a{surname}",
        f"{surname}-k",
    )
    assert [form for form in forms if role_tier(form) is not None] == []


def test_given_names_are_never_a_role() -> None:
    names = sorted(role_words().given_names)
    assert len(names) > 1000
    assert [name for name in names if role_tier(name) is not None] == []
    assert [name for name in names if role_tier(f"{name}.huber") is not None] == []
    assert [name for name in names if role_tier(f"{name}1") is not None] == []


ROLE_WORDS = sorted(word for word, tier in role_words().tier.items() if tier == 1)


@given(
    st.sampled_from(ROLE_WORDS),
    st.sampled_from(["", "1", "2024", "+x", "+a.b", "-", "_1", ".2"]),
    st.booleans(),
)
def test_every_tier_one_word_is_refused_in_every_variant(word: str, ending: str, upper: bool) -> None:
    local = word + ending
    assert role_tier(local.upper() if upper else local) == 1


@pytest.mark.parametrize("domain", ["", "firm.example", "gmail.com"])
def test_the_short_question_has_the_answer_of_the_long_one(domain: str) -> None:
    lists = [path.read_text("utf-8").split() for path in sorted(Path(__file__).parent.glob("*.txt"))]
    words = {*itertools.chain(REFUSED, *lists), *sorted(role_words().surnames)[:200], *ROLE_WORDS[:400]}
    answers = {local: is_refused_role(local, domain) for local in words}
    assert answers == {local: role_tier(local, domain) == 1 for local in words}
    assert {True, False} == set(answers.values())


@given(st.text(max_size=64), st.sampled_from(["", "firm.example", "gmail.com"]))
def test_the_short_question_has_the_answer_of_the_long_one_for_any_text(local: str, domain: str) -> None:
    assert is_refused_role(local, domain) == (role_tier(local, domain) == 1)


@given(st.text(max_size=64))
def test_any_text_has_an_answer(local: str) -> None:
    assert role_tier(local) in (1, 2, None)
    assert role_tier(f"{local}+anything") == role_tier(local.partition("+")[0])
