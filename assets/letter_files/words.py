"""The wordings understood in engagement letters, as data: headings, labels, periodicities, months.

All patterns are matched against folded text (`values.fold`): small letters, no accents, plain blanks and apostrophes.
The first rule that fits decides, so the narrower ones come first.
"""

from __future__ import annotations

_INSTALMENT = r"(?:echeances?|provisions?|versements?|mensualites?|termes?|acomptes?|instal?lments?|payments?)"
_FIRST = r"(?:premiers?|premieres?|1er|1ere|1re|first)"
_COUNT = r"(?:nombre|nbre?|nb|n°|number|count)"
_MONEY = r"(?:honoraires?|montants?|forfaits?|prix|tarifs?|cout|budget|remuneration|fees?|amounts?|price|total)"

#: What a column of a fee table is, by its heading.
HEADINGS: tuple[tuple[str, str], ...] = (
    (
        "skipped",
        r"\bestim\w+|\bindicati\w+|\bttc\b|\btva\b|\bvat\b|^%|%$|\bpourcentage\b|\bquote[- ]part\b|^part$"
        r"|\brepartition\b",
    ),
    ("mission_id", r"^(?:mission_id|identifiant (?:de )?(?:la )?mission|ref(?:erence|\.)? (?:de )?(?:la )?mission)$"),
    ("service_code", r"^(?:service_code|code (?:de (?:la )?)?(?:prestation|article|service)|article|service code)$"),
    ("mission_code", r"^(?:mission_code|code (?:de (?:la )?)?mission|mission code|code)$"),
    ("hourly_rate", r"\bhoraires?\b|\b(?:par|de l')\s?heure\b|\bhourly\b|/ ?h(?:eure)?\b"),
    ("grade", r"^(?:grade|qualification|niveau|categorie|profil|intervenant|collaborateur)s?\b"),
    ("term", r"^(?:a )?(?:terme(?: de facturation)?|echoir ?/ ?echu|term)$"),
    ("balance_date", r"\b(?:date|echeance) (?:du|de) solde\b|^solde (?:le|au)\b|\bbalance (?:date|due)\b"),
    (
        "first_due_date",
        rf"\b{_FIRST}\b|\bdate d'?(?:e |e)?(?:echeance|exigibilite|debut)\b|\ba compter du\b|\bdue date\b|^echeance$",
    ),
    ("instalments", rf"\b{_COUNT}\b.*\b{_INSTALMENT}\b|^{_INSTALMENT} {_COUNT}$|^(?:nombre d'|nb ?)?{_INSTALMENT}$"),
    ("monthly_amount", rf"\b{_MONEY}\b.*\b(?:mensuel(?:le)?s?|par mois|monthly)\b|^mensualite\b.*\b(?:ht|montant)\b"),
    ("quarterly_amount", rf"\b{_MONEY}\b.*\b(?:trimestriel(?:le)?s?|par trimestre|quarterly)\b"),
    ("half_yearly_amount", rf"\b{_MONEY}\b.*\b(?:semestriel(?:le)?s?|par semestre|half[- ]yearly)\b"),
    (
        "instalment_amount",
        rf"\b{_MONEY}\b.*\b{_INSTALMENT}\b|\b{_INSTALMENT}\b.*\b(?:{_MONEY}|ht|eur|€)|\bpar {_INSTALMENT}\b",
    ),
    (
        "unit_price",
        rf"\bunitaires?\b|^p\.? ?u\.?\b|\bunit price\b|\bprice per unit\b|\b{_MONEY} (?:par|a l')\s?unite\b",
    ),
    (
        "periodicity",
        r"\bperiodicite\b|\bfrequence\b|\brythme\b|\bperiodicity\b|\bfrequency\b|^facturation$|^reglement$",
    ),
    ("billing_mode", r"\bmode\b|\bbilling\b"),
    ("unit", r"^(?:unite|unites|unite d'oeuvre|unite d'œuvre|unit|base)$"),
    ("amount", rf"\b{_MONEY}\b|\bannuel(?:le)?s?\b|\byearly\b|\bannual\b|^(?:ht|h\.t\.)$"),
    ("skipped", r"^(?:n°|no|numero|rang|ligne|detail|details|commentaires?|observations?|remarques?|notes?)$"),
    (
        "label",
        r"\bmissions?\b|\bprestations?\b|\bservices?\b|\bdesignation\b|\blibelle\b|\btravaux\b|\bnature\b|\bobjet\b"
        r"|\bdescription\b|\bintitule\b",
    ),
)

#: The periods named by the heading of an amount.
PERIOD_AMOUNTS = {"monthly_amount": "MONTHLY", "quarterly_amount": "QUARTERLY", "half_yearly_amount": "HALF_YEARLY"}

#: What a row is when it is none of a service, by its first filled cell.
SUBTOTAL_ROW = r"^sous[- ]?total\b"
TOTAL_ROW = r"^(?:sous[- ]?)?total(?! ttc)\b(?!.*\bttc\b)|^(?:montant |honoraires )?totaux?\b(?!.*\bttc\b)|^ensemble\b"
SKIPPED_ROW = r"\bttc\b|^(?:t\.?v\.?a\.?|vat)\b"

PERIODICITIES: tuple[tuple[str, str], ...] = (
    ("UNIT", r"\bunites?\b|\bunitaire\b|\bacte\b|\bper unit\b"),
    ("TIME", r"\btemps passe\b|\bhoraire\b|\bregie\b|\bhourly\b|\btime spent\b"),
    ("BIMONTHLY", r"\bbimestriel(?:le)?s?\b|\bbimestre\b|\b(?:tous les )?(?:deux|2) mois\b|\bbimonthly\b"),
    ("HALF_YEARLY", r"\bsemestriel(?:le)?s?\b|\bsemestres?\b|\b(?:six|6) mois\b|\bhalf[- ]yearly\b|\bhalf[- ]years?\b"),
    ("QUARTERLY", r"\btrimestriel(?:le)?s?\b|\btrimestres?\b|\b(?:trois|3) mois\b|\bquarterly\b|\bquarters?\b"),
    ("MONTHLY", r"\bmensuel(?:le)?s?\b|\bmensuellement\b|\bmois\b|\bmensualites?\b|\bmonthly\b|\bmonths?\b"),
    (
        "ONE_OFF",
        r"\bponctuel(?:le)?s?\b|\bunique\b|\b(?:en )?une (?:seule )?fois\b|\bexceptionnel(?:le)?s?\b"
        r"|\bone[- ]off\b|\bonce\b",
    ),
    ("YEARLY", r"\bannuel(?:le)?s?\b|\bannuellement\b|\ban(?:nee)?\b|\byearly\b|\bannual(?:ly)?\b|\byears?\b"),
)

TERMS: tuple[tuple[str, str], ...] = (
    ("ADVANCE", r"\bechoir\b|\bavance\b|\bdebut de periode\b|^advance$|\bin advance\b"),
    ("ARREARS", r"\bechu\b|\bfin de periode\b|^arrears$|\bin arrears\b"),
)

MODES: tuple[tuple[str, str], ...] = (
    ("FLAT", r"\bforfait(?:aire)?\b|^flat$|\bfixed\b"),
    ("UNIT", r"\bunites?\b|\bunitaire\b|\bacte\b|^unit$"),
    ("TIME", r"\btemps\b|\bhoraire\b|\bregie\b|^time$|\bhourly\b"),
)

#: What the letter says of itself: labels followed by a colon, or standing in the first of two cells. In each group the
#: words may be followed by «n°».
LABELS: tuple[tuple[str, str], ...] = (
    (
        "client_file_id",
        r"(?:(?:numero|n°|code|reference|ref\.?|identifiant) (?:du |de |de votre )?)?dossier(?: client)?"
        r"|client file(?: id)?",
    ),
    (
        "document_id",
        r"(?:numero|n°|reference|ref\.?|identifiant)"
        r"(?: (?:de (?:la |cette )?|du )?(?:lettre(?: de mission)?|document))?"
        r"|lettre de mission|letter reference|reference of the letter|document(?: id)?",
    ),
    (
        "fy_label",
        r"exercice(?: (?:comptable|fiscal|social|de reference))?|annee fiscale(?: de reference)?|millesime|fiscal year",
    ),
    ("version", r"version(?: (?:de la lettre|du document))?|numero de version"),
    (
        "signed_on",
        r"signee? le|date de (?:la )?signature|signature le|lettre signee le|signed on|date of signature",
    ),
    (
        "effective_from",
        r"(?:date de )?prise d'effet|date d'effet|effet (?:au|le)|prend effet le|effective from|debut d'effet",
    ),
    ("effective_to", r"date de fin(?: d'effet)?|fin d'effet|fin de validite|prend fin le|effective to"),
    (
        "total_fee",
        r"total (?:annuel )?(?:general )?(?:des )?honoraires(?: annuels)?(?: ht| h\.t\.)?"
        r"|montant total (?:des honoraires|ht|annuel ht)|honoraires (?:annuels )?totaux(?: ht)?|total fees?",
    ),
)

#: The same without a colon, in the middle of a sentence; the group is the value.
SENTENCES: tuple[tuple[str, str], ...] = (
    ("document_id", r"^lettre de mission (?:numero|n°|ref(?:erence|\.)?) ?:? ?(\S+)$"),
    ("signed_on", r"\b(?:fait|signee?) (?:a [^,\d]{1,60},? )?le (.{6,25})$"),
    ("effective_from", r"\bprend effet (?:le|au|a compter du) (.{6,25}?)(?:[.,;]|$| et )"),
)

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "janvier janv jan january",
            "fevrier fevr fev february feb",
            "mars march mar",
            "avril avr april apr",
            "mai may",
            "juin june jun",
            "juillet juil july jul",
            "aout august aug",
            "septembre sept sep september",
            "octobre oct october",
            "novembre nov november",
            "decembre dec december",
        ),
        1,
    )
    for name in names.split()
}

#: Words that stand for no amount at all.
NO_AMOUNT = r"^(?:[-–—/]+|neant|n/?a|sans objet|s\.?o\.?|nil|none)?$"
#: Words that say a service is billed with another one.
INCLUDED = r"^(?:inclus(?:e|es)?|compris(?:e|es)?|offert(?:e|s|es)?|included|free)$"

#: A clause on revision, and a sentence that says there is none.
REVISION = (
    r"\bindexation\b|\bindexee?s?\b|\bindices?\b|\bsyntec\b|\brevisables?\b|\bclause de revision\b"
    r"|\brevision (?:annuelle )?(?:des? |du )?(?:honoraires|prix|tarifs|montants)\b"
    r"|\b(?:honoraires|prix|tarifs|montants|forfaits?)\b.{0,60}\b(?:revises?|reevalues?|actualises?|augment\w+|revus?)\b"
    r"|\byearly revision\b|\bindexed\b"
)
NO_REVISION = (
    r"\bsans (?:aucune )?(?:revision|indexation)\b|\b(?:non|pas|ni) (?:revis\w+|index\w+|actualis\w+)\b"
    r"|\bfermes?\b.{0,20}\bnon (?:revis|actualis)\w+\b|\bno (?:revision|indexation)\b"
)
