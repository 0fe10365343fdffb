"""The words in field names for data that GDPR Art. 9 and 10 protect, in the languages of the EU, by category.

All are written in the form to which `personal_data` folds names: lower case, without accents (`fuhrungszeugnis` is
found in `Führungszeugnis` and `fuehrungszeugnis`).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SpecialWords:
    """How one category is recognized; each field holds words separated by spaces.

    `inside` counts anywhere in a word, so compounds are covered, `starts` at the start of a word, `words` as a whole
    word. `names` counts only as the whole name, because shops and clubs use such a word for other things too
    (`party_size`).
    """

    inside: str = ""
    starts: str = ""
    words: str = ""
    names: str = ""


HEALTH = SpecialWords(
    inside="krank gesundheit health disease diagnos behinder schwerbeschadig disab schwanger pregnan blutgruppe "
    "bloodtype bloodgroup blutdruck bloodpressure blutzucker allerg pflegegrad pflegestufe pflegebedurf medikament "
    "medication medicament medicin medizin therapie symptom syndrom diabet epilep asthma hepatit tumor rollstuhl "
    "wheelchair impfstatus impfung geimpft impfpass vaccin psychother psychiat alkoholiker suchtmittel abtreibung "
    "abortion menstru invalidit gradderbehinderung unvertraglichkeit "
    "maladie grossesse handicape groupesanguin enfermedad embaraz discapacid sanguineo alergi alergeno malatti "
    "gravidanza sanguigno doenca gravidez deficiencia gezondheid ziekte zwanger bloedgroep gehandicapt zdrowi zdrowot "
    "chorob niepelnospraw grupakrwi zdravot zdravstv zdravlj tehoten tehotn postizen krevniskupin sjukdom "
    "funktionsneds sundhed sygdom blodgrupp blodtype blodtyp terveys terveyd sairau raskaus raskaan vammai veriryhm "
    "egeszseg betegseg terhes vercsoport fogyatek sanatate grupasang trudnoc krvnagrup krvnaskupin nosecnost sveikat "
    "neigal veselib slimib haigus veregrupp ochorenie tehotenstvo υγεια ασθενει αναπηρ εγκυμοσυν здрав болест инвалид "
    "бременн кръвнагрупа",
    starts="rheuma demenz dementia thrombos trombos intoleran horgerat patient nemoc gravid arztl arztbrief handicapp",
    words="gdb hiv aids bmi covid krebs cancer sante salud salute saude halsa helse zdravi zdravje "
    "bolest boala ciaza tervis medico sanitaria",
    names="enceinte medecin sucht",
)

GENETIC_AND_BIOMETRIC = SpecialWords(
    inside="genetic genetisch genetiq genetyczn genetick geneetti biometr biometri fingerprint fingerabdruck "
    "empreintedigitale empreintesdigitales huelladactilar huelladigital improntadigital impressaodigital vingerafdruk "
    "odciskpalca odciskipalcow otiskprst fingeravtryck fingeraftryk sormenjalk ujjlenyomat amprent faceid facerecog "
    "gesichtserkennung gesichtsscan reconnaissancefaciale irisscan retinascan stimmabdruck voiceprint erbgut "
    "erbanlage γενετικ βιομετρ генетич биометр",
    starts="dnatest dnaprofil dnaanaly",
    words="dna adn genom genome",
    names="faceid",
)

BELIEF = SpecialWords(
    inside="religi religion konfession confession glaubens kirchensteuer kirchenmitglied kirchgeld kirchenzugehor "
    "churchtax churchmember bekenntnis weltanschau katholi catholi katolic katolick evangelisch protestant muslim "
    "moslem musulman judisch jewish atheis ateist buddhis hinduis croyance creencia crenca godsdienst geloofs "
    "kerkbelasting wyznani vyznani nabozen uskonto uskonn felekezet vallasi vjeroisp veroisp tikejim ticiba usund "
    "trossamfund trosbekend kirkeskat kirkollisvero θρησκ религ вероизпов",
    starts="belief glaube",
    words="faith geloof culte credo vjera vira vallas hindu islam",
    names="church kirche kerk chiesa eglise",
)

ORIGIN = SpecialWords(
    inside="ethni hautfarbe skincolo herkunftsland abstammung volkszugehor migrationshinter couleurdepeau colordepiel "
    "coloredellapelle huidskleur kolorskory barvapleti rassisch rassezugehor εθνοτικ εθνικοτητα етнич",
    starts="etni racial racia",
    words="race",
    names="razza raza raca",
)

POLITICS = SpecialWords(
    inside="parteimitglied parteizugehor parteibuch partei political politisch politique partyaffil "
    "partymembership wahlverhalten wahlabsicht wahlpraf stimmverhalten wahlentscheid votingintent "
    "votingprefer votingbehavio votedfor votefor voterregist intentiondevote intencionvoto intenzionedivoto "
    "ideolog partipolit partidopolit partitopolit πολιτικ политич",
    starts="politi",
    names="party parti partito partido partij partia vote votes voter voting voto votos cdu csu spd afd fdp",
)

UNION = SpecialWords(
    inside="gewerkschaft tradeunion laborunion labourunion unionmember sindicat sindacat sindical vakbond "
    "vakvereniging fackforen fackforbund fagforen fagforbund ammattiliit ammattiyhdist zwiazekzawod zwiazkizawod "
    "zwiazkuzawod odborov szakszervezet ametiuhing arodbiedr profesinesajung syndicatmembre συνδικ синдикат профсъюз",
    words="syndicat syndicats syndical syndicale syndique syndiquee odbory",
    names="union",
)

SEX_LIFE = SpecialWords(
    inside="sexu sessual seksu szexu sexleben sexlife lgbt bisex transgender transsex homosex σεξουαλ сексуал",
    starts="schwul lesbi lesbe",
    words="gay queer",
)

CRIME = SpecialWords(
    inside="vorstraf vorbestraf strafregister strafrechtlich fuhrungszeugnis straftat straftater strafakte "
    "strafverfahren strafanzeige haftstrafe inhaftier gefangnis bewahrungsstrafe kriminalreg kriminel kriminell "
    "criminal criminel felony misdemean convicted conviction policerecord arrestrecord casierjudiciaire condamnation "
    "antecedentespenales antecedentescrim condenapenal casellariogiud precedentipenali condannapenal strafblad "
    "veroordeling karalnosc niekaralnos karany trestnirejstrik trestnipravn registertrestov straffregister "
    "straffeattest brottsregister belastningsregister rikosrekister bunugyi erkolcsibizony cazierjudiciar "
    "kaznenaevid kazneneevid kriminaalregis teistumas sodimost ποινικο съдимост престъп",
    words="felon casier arrested condanne condamne prison inmate cazier",
)

SPECIAL_WORDS = (HEALTH, GENETIC_AND_BIOMETRIC, BELIEF, ORIGIN, POLITICS, UNION, SEX_LIFE, CRIME)
"""GDPR Art. 9(1) in its order, roughly, and Art. 10."""

CHILD = "kind kinder child children kid kids sohn tochter son daughter baby enfant hijo hija figlio figlia dziecko"
"""Words about a person's child: a date or an age next to them may be a minor's."""

BIRTH = (
    "geburtsdat geburtsjahr birthdate naissance nacimiento nascita nascimento geboorte urodzen narozen narodeni "
    "fodsel fodelse syntyma szulet nastere rodenja rojstva gimimo dzimsan sunniaeg sunnipaev γεννησ роден рожден "
    "cumplean compleanno verjaardag urodzin dogum rodendan γενεθλ народжен 誕生 生日"
)
"""Parts of words that ask for a date of birth."""

YEARLY = "anniversa aniversa jahrestag hochzeitstag namenstag nameday imieniny svatek"
"""Parts of words for other days that come once a year; for some languages one of them is the birthday."""
