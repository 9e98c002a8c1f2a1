"""Every sentence ingestion says to a person, in French and English, as data.

`REASONS` explain rejected rows and refused files: `{0}` and `{1}` are filled with what was expected; the file, the row,
the column and the value stand in columns of their own. `TEXTS` are errors that stop ingestion and lines of progress.
A reason code is archived with the row, the sentence is chosen when the row is shown.
"""

from __future__ import annotations

#: What stands in the place of a value nobody should read in a message or a table of rejects.
MASK = "***"

REASONS: dict[str, dict[str, str]] = {
    # cells
    "required": {
        "fr": "cellule obligatoire vide : renseignez-la",
        "en": "a required cell is blank: fill it in",
    },
    "number": {
        "fr": "nombre illisible : attendu par exemple 1234,56 ou 1 234.56, sans exposant ni unité",
        "en": "not a number that can be read: expected for example 1234.56 or 1 234,56, no exponent, no unit",
    },
    "decimals": {
        "fr": "trop de décimales : {0} au plus ; prefact n'arrondit pas une entrée, arrondissez-la à la source",
        "en": "too many decimals: at most {0}; prefact does not round an input, round it at the source",
    },
    "digits": {
        "fr": "nombre trop grand : {0} chiffres au plus avant la virgule",
        "en": "number too large: at most {0} digits before the decimal point",
    },
    "integer": {
        "fr": "nombre entier attendu",
        "en": "expected a whole number",
    },
    "minimum": {
        "fr": "valeur trop petite : au moins {0}",
        "en": "value too small: at least {0}",
    },
    "maximum": {
        "fr": "valeur trop grande : au plus {0}",
        "en": "value too large: at most {0}",
    },
    "date": {
        "fr": "date illisible ou inexistante : attendu AAAA-MM-JJ ou JJ/MM/AAAA",
        "en": "no such date, or unreadable: expected YYYY-MM-DD or DD/MM/YYYY",
    },
    "timestamp": {
        "fr": "date et heure illisibles : attendu AAAA-MM-JJ ou AAAA-MM-JJ HH:MM:SS",
        "en": "unreadable date and time: expected YYYY-MM-DD or YYYY-MM-DD HH:MM:SS",
    },
    "month": {
        "fr": "mois illisible : attendu AAAA-MM",
        "en": "unreadable month: expected YYYY-MM",
    },
    "boolean": {
        "fr": "attendu oui ou non, true ou false, 1 ou 0",
        "en": "expected true or false, oui or non, 1 or 0",
    },
    "choice": {
        "fr": "valeur inconnue : attendu {0}",
        "en": "unknown value: expected {0}",
    },
    "siret": {
        "fr": "SIRET attendu : 14 chiffres (dans un tableur, mettez la colonne au format texte)",
        "en": "expected a SIRET: 14 digits (in a spreadsheet, format the column as text)",
    },
    "sirets": {
        "fr": "SIRET attendus : 14 chiffres chacun, séparés par |",
        "en": "expected SIRETs: 14 digits each, separated by |",
    },
    "control_character": {
        "fr": "caractère de contrôle dans la cellule (octet nul ou autre) : enregistrez de nouveau le fichier",
        "en": "control character in the cell (a NUL or another): save the file again",
    },
    "too_long": {
        "fr": "texte trop long : {0} caractères au plus",
        "en": "text too long: at most {0} characters",
    },
    "currency": {
        "fr": "devise refusée : seul l'EUR est accepté",
        "en": "currency refused: only EUR is accepted",
    },
    "cell_error": {
        "fr": "la cellule contient une erreur du tableur : corrigez la formule ou saisissez la valeur",
        "en": "the cell holds a spreadsheet error: mend the formula or type the value",
    },
    # rows
    "before": {
        "fr": "cette date précède {0} ({1})",
        "en": "this date is before {0} ({1})",
    },
    "exactly_one": {
        "fr": "renseignez exactement une des colonnes {0}",
        "en": "fill in exactly one of the columns {0}",
    },
    "ragged": {
        "fr": "{0} cellules au lieu de {1} : un séparateur ou un guillemet est de trop ou manque",
        "en": "{0} cells instead of {1}: a separator or a quote is missing or in excess",
    },
    "cut": {
        "fr": "dernière ligne coupée ({0} cellules au lieu de {1}) : déposez de nouveau le fichier entier",
        "en": "the last line is cut short ({0} cells instead of {1}): deliver the whole file again",
    },
    "dangling": {
        "fr": "la clé {1} n'existe pas dans {0} : livrez-la ou corrigez cette ligne",
        "en": "key {1} does not exist in {0}: deliver it or correct this row",
    },
    # files
    "missing_column": {
        "fr": "absent de l'en-tête, fichier refusé : {0} (colonnes obligatoires : {1})",
        "en": "missing from the header, file refused: {0} (required columns: {1})",
    },
    "duplicate_column": {
        "fr": "colonne présente deux fois dans l'en-tête, fichier refusé : n'en gardez qu'une",
        "en": "the column is in the header twice, file refused: keep one",
    },
    "duplicate_sheet": {
        "fr": "deux feuilles portent ce nom, fichier refusé : renommez-en une",
        "en": "two sheets have this name, file refused: rename one",
    },
    "which_sheet": {
        "fr": "plusieurs feuilles et aucune ne porte le nom d'une table, fichier refusé : nommez-les (feuilles : {0})",
        "en": "several sheets and none is named after a table, file refused: name them (sheets: {0})",
    },
    "empty_file": {
        "fr": "fichier vide : pour livrer zéro ligne, gardez la ligne d'en-tête",
        "en": "the file is empty: to deliver no rows, keep the header row",
    },
    "being_written": {
        "fr": "fichier en cours d'écriture : attendez la fin de la copie et relancez",
        "en": "the file is being written: wait for the copy to end and run again",
    },
    "unreadable": {
        "fr": "fichier illisible ({0}) : vérifiez-le et déposez-le de nouveau",
        "en": "the file cannot be read ({0}): check it and deliver it again",
    },
    "unreadable_csv": {
        "fr": "CSV illisible : enregistrez-le de nouveau au format CSV UTF-8",
        "en": "unreadable CSV: save it again as CSV UTF-8",
    },
    "utf16": {
        "fr": "fichier en UTF-16 : enregistrez-le au format CSV UTF-8",
        "en": "the file is UTF-16: save it as CSV UTF-8",
    },
    "unclosed_quote": {
        "fr": "guillemet jamais refermé, fichier refusé : cherchez-le à partir de cette ligne",
        "en": "a quote is never closed, file refused: look for it from this row on",
    },
    "not_xlsx": {
        "fr": "ce n'est pas un classeur xlsx lisible (abîmé, protégé par mot de passe ou ancien .xls renommé) : "
        "enregistrez-le de nouveau au format xlsx",
        "en": "not a readable xlsx workbook (damaged, password-protected or a renamed .xls): save it again as xlsx",
    },
    "not_parquet": {
        "fr": "ce n'est pas un fichier Parquet lisible : exportez-le de nouveau",
        "en": "not a readable Parquet file: export it again",
    },
    "not_tabular": {
        "fr": "la colonne n'est pas faite de valeurs simples ({0}) : exportez du texte, des nombres ou des dates",
        "en": "the column is not made of plain values ({0}): export text, numbers or dates",
    },
    "too_large": {
        "fr": "fichier trop gros : {0} Mio, au plus {1} ; découpez-le",
        "en": "file too large: {0} MiB, at most {1}; split it",
    },
    "too_many_rows": {
        "fr": "trop de lignes : {0}, au plus {1} ; découpez le fichier",
        "en": "too many rows: {0}, at most {1}; split the file",
    },
    "too_many_columns": {
        "fr": "trop de colonnes : {0}, au plus {1} ; gardez celles du contrat",
        "en": "too many columns: {0}, at most {1}; keep those of the contract",
    },
    "too_many_cells": {
        "fr": "feuille trop étendue : {0} cellules, au plus {1} ; effacez ce qui est loin du tableau",
        "en": "the sheet extends too far: {0} cells, at most {1}; clear what lies far from the table",
    },
    "too_many_parts": {
        "fr": "le classeur a {0} parties internes, au plus {1} : enregistrez-le de nouveau",
        "en": "the workbook has {0} inner parts, at most {1}: save it again",
    },
    "link_outside": {
        "fr": "ce lien mène hors de inbox/ : déposez le fichier lui-même",
        "en": "this link leads out of inbox/: put the file itself there",
    },
    # exports of time trackers
    "tracker_unknown": {
        "fr": "cet en-tête n'est celui d'aucun export détaillé connu ({0}), fichier refusé : exportez le rapport "
        "détaillé avec toutes ses colonnes, et déposez-le dans le dossier de son outil",
        "en": "this header is that of no detailed export known ({0}), file refused: export the detailed report with "
        "all its columns, and put it in the folder of its tool",
    },
    "tracker_header": {
        "fr": "ce n'est pas un export détaillé de {0}, fichier refusé ; colonnes absentes : {1}. Exportez le rapport "
        "détaillé avec toutes ses colonnes, en anglais ou, pour Kimai, en français",
        "en": "not a detailed export of {0}, file refused; missing columns: {1}. Export the detailed report with all "
        "its columns, in English or, from Kimai, in French",
    },
    "tracker_folder": {
        "fr": "c'est un export de {0}, fichier refusé : déplacez-le dans {1}",
        "en": "this is an export of {0}, file refused: move it to {1}",
    },
    "tracker_sheets": {
        "fr": "plusieurs feuilles sont des exports ({0}), fichier refusé : un fichier pour chacune",
        "en": "several sheets are exports ({0}), file refused: a file for each",
    },
    "dates_ambiguous": {
        "fr": "rien ne dit si le jour ou le mois vient d'abord (03/04/2026), fichier refusé : exportez avec des dates "
        "AAAA-MM-JJ, ou une période qui va au-delà du 12 du mois",
        "en": "nothing tells whether the day or the month comes first (03/04/2026), file refused: export with dates as "
        "YYYY-MM-DD, or a period that goes beyond the 12th of the month",
    },
    "dates_contradictory": {
        "fr": "le jour vient d'abord dans certaines dates et le mois dans d'autres, fichier refusé : exportez de "
        "nouveau, avec des dates AAAA-MM-JJ",
        "en": "the day comes first in some dates and the month in others, file refused: export again, with dates as "
        "YYYY-MM-DD",
    },
    "duration": {
        "fr": "durée illisible : attendu 1:30, 01:30:00 ou des heures décimales (1,50)",
        "en": "unreadable duration: expected 1:30, 01:30:00 or decimal hours (1.50)",
    },
    "duration_max": {
        "fr": "durée trop longue pour une saisie : au plus {0} heures ; corrigez-la dans l'outil et exportez de "
        "nouveau",
        "en": "too long for one entry: at most {0} hours; correct it in the tool and export again",
    },
    "hours_ambiguous": {
        "fr": "rien dans la colonne ne dit si cette marque sépare les milliers ou les décimales : exportez les durées "
        "en h:mm, ou avec deux décimales",
        "en": "nothing in the column tells whether this mark groups thousands or begins the decimals: export durations "
        "as h:mm, or with two decimals",
    },
    # corrections
    "correction_table": {
        "fr": "table inconnue : attendu {0}",
        "en": "unknown table: expected {0}",
    },
    "correction_column": {
        "fr": "colonne inconnue de la table {0} : attendu {1}",
        "en": "unknown column of table {0}: expected {1}",
    },
    "correction_key": {
        "fr": "clé illisible : la clé de {0} s'écrit {1}",
        "en": "unreadable key: a key of {0} is written {1}",
    },
    "correction_of_key": {
        "fr": "une colonne de la clé ne se corrige pas : retirez la ligne (_deleted) et créez l'autre",
        "en": "a column of the key cannot be corrected: withdraw the row (_deleted) and create the other",
    },
    "correction_before": {
        "fr": "dans la ligne corrigée, {0} précéderait {1}",
        "en": "in the corrected row, {0} would be before {1}",
    },
    "correction_exactly_one": {
        "fr": "dans la ligne corrigée, exactement une des colonnes {0} doit être renseignée",
        "en": "in the corrected row, exactly one of the columns {0} must be filled in",
    },
    "correction_new_row": {
        "fr": "aucune ligne n'a cette clé : vérifiez-la ; pour créer la ligne, corrigez aussi {0}",
        "en": "no row has this key: check it; to create the row, give corrections of {0} too",
    },
    # engagement letters
    "json": {
        "fr": "JSON illisible, ligne {0}, caractère {1} : corrigez-le ou exportez la lettre de nouveau",
        "en": "unreadable JSON, line {0}, character {1}: mend it or export the letter again",
    },
    "json_property_twice": {
        "fr": "propriété présente deux fois dans le même objet : n'en gardez qu'une",
        "en": "the property is twice in one object: keep one",
    },
    "json_missing": {
        "fr": "propriété obligatoire absente : ajoutez-la",
        "en": "a required property is missing: add it",
    },
    "json_type": {
        "fr": "valeur d'un autre type : attendu {0}",
        "en": "a value of another type: expected {0}",
    },
    "json_blank": {
        "fr": "texte vide : renseignez-le",
        "en": "blank text: fill it in",
    },
    "json_price": {
        "fr": "indiquez exactement un prix parmi {0}",
        "en": "give exactly one price among {0}",
    },
    "json_schedule": {
        "fr": "indiquez schedule ou instalments, pas les deux",
        "en": "give schedule or instalments, not both",
    },
    "json_mission": {
        "fr": "indiquez mission_id, ou mission_code",
        "en": "give mission_id, or mission_code",
    },
    "json_instalment": {
        "fr": "montant absent : seul un solde (is_balance) peut s'en passer",
        "en": "the amount is missing: only a balance (is_balance) may do without",
    },
    "json_balance": {
        "fr": "plusieurs soldes (is_balance) dans une ligne : n'en gardez qu'un",
        "en": "several balances (is_balance) in one line: keep one",
    },
    "json_line_twice": {
        "fr": "numéro de ligne présent deux fois dans le document",
        "en": "the line number is in the document twice",
    },
    "json_lines": {
        "fr": "au moins une ligne est attendue",
        "en": "at least one line is expected",
    },
    "json_rule": {
        "fr": "valeur refusée : voir {0} dans engagement_letter.schema.json",
        "en": "value refused: see {0} in engagement_letter.schema.json",
    },
}

TEXTS: dict[str, dict[str, str]] = {
    "no_inbox": {
        "fr": "le dossier {0} n'existe pas : lancez « prefact init » ou vérifiez -w",
        "en": "the folder {0} does not exist: run `prefact init` or check -w",
    },
    "archive_log": {
        "fr": "{0}, ligne {1} : journal des livraisons illisible ; restaurez le dossier archive/ depuis une sauvegarde",
        "en": "{0}, line {1}: unreadable log of deliveries; restore the archive/ folder from a backup",
    },
    "archive_altered": {
        "fr": "{0} : ses {1} premières lignes ne sont plus celles qu'une validation a scellées ; restaurez le dossier "
        "archive/ depuis une sauvegarde",
        "en": "{0}: its first {1} lines are no longer those a validation sealed; restore the archive/ folder from a "
        "backup",
    },
    "archive_lost": {
        "fr": "{0} manque ou est abîmé : restaurez-le depuis une sauvegarde de archive/",
        "en": "{0} is missing or damaged: restore it from a backup of archive/",
    },
    "warehouse": {
        "fr": "{0} est occupé par un autre programme ou abîmé ({1}) : fermez ce programme et relancez, "
        "ou lancez « prefact rebuild »",
        "en": "{0} is used by another program or damaged ({1}): close that program and run again, "
        "or run `prefact rebuild`",
    },
    "reading": {
        "fr": "lecture de {0}",
        "en": "reading {0}",
    },
    "nothing_new": {
        "fr": "entrées inchangées",
        "en": "input unchanged",
    },
}


def reason(code: str, language: str, first: str | None = None, second: str | None = None) -> str:
    """The sentence of a reason code, its places filled."""
    return REASONS[code][language].replace("{0}", first or "").replace("{1}", second or "")


def text(code: str, language: str, *values: object) -> str:
    """The sentence of `TEXTS` in a language, its places filled."""
    return TEXTS[code][language].format(*values)
