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
    # payroll declarations
    "not_dsn": {
        "fr": "ce n'est pas une DSN : la première ligne doit commencer par S10.G00.00",
        "en": "not a DSN: the first line must begin with S10.G00.00",
    },
    "dsn_line": {
        "fr": "ligne qui n'est pas de la forme S21.G00.30.001,'valeur', fichier refusé : exportez-le de nouveau",
        "en": "the line is not of the form S21.G00.30.001,'value', file refused: export it again",
    },
    "dsn_cut": {
        "fr": "l'envoi qui commence ici n'a pas de fin (S90.G00.90), fichier refusé : déposez-le de nouveau entier",
        "en": "the send that begins here has no end (S90.G00.90), file refused: deliver it again whole",
    },
    "dsn_total": {
        "fr": "le total écrit ({0}) n'est pas celui compté ({1}), fichier refusé : il est incomplet ou a été modifié, "
        "exportez-le de nouveau",
        "en": "the total written ({0}) is not the one counted ({1}), file refused: it is incomplete or was altered, "
        "export it again",
    },
    "dsn_outside": {
        "fr": "des rubriques sont hors des envois (S10 à S90), fichier refusé : exportez-le de nouveau",
        "en": "rubrics stand outside of the sends (S10 to S90), file refused: export it again",
    },
    "dsn_endless": {
        "fr": "{0} Mio sans qu'un individu ni une déclaration ne commence, fichier refusé : ce n'est pas une DSN",
        "en": "{0} MiB in which no person and no declaration begins, file refused: it is not a DSN",
    },
    "dsn_month": {
        "fr": "mois de la déclaration illisible : attendu 01MMAAAA",
        "en": "unreadable month of the declaration: expected 01MMYYYY",
    },
    "dsn_date": {
        "fr": "date illisible ou inexistante : attendu JJMMAAAA",
        "en": "no such date, or unreadable: expected DDMMYYYY",
    },
    "dsn_fraction": {
        "fr": "fraction illisible : attendu son rang puis leur nombre (11 pour une seule, 12 et 22 pour deux)",
        "en": "unreadable fraction: expected its rank, then how many there are (11 for one, 12 and 22 for two)",
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
    "json_too_many": {
        "fr": "trop de lettres dans un fichier : {0}, au plus {1} ; découpez-le",
        "en": "too many letters in one file: {0}, at most {1}; split it",
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
    # letters in DOCX and PDF
    "not_docx": {
        "fr": "ce n'est pas un document docx lisible (abîmé, protégé par mot de passe, ou ancien .doc renommé) : "
        "enregistrez-le de nouveau au format docx",
        "en": "not a readable docx document (damaged, password-protected or a renamed .doc): save it again as docx",
    },
    "docx_macro": {
        "fr": "le document contient des macros : enregistrez-le au format docx, sans macros",
        "en": "the document carries macros: save it as docx, without macros",
    },
    "docx_entity": {
        "fr": "le document déclare des entités XML, comme aucun traitement de texte : enregistrez-le de nouveau",
        "en": "the document declares XML entities, as no word processor does: save it again",
    },
    "docx_tracked": {
        "fr": "le document contient des modifications suivies : acceptez-les ou refusez-les, puis redéposez-le",
        "en": "the document holds tracked changes: accept or reject them, then deliver it again",
    },
    "not_pdf": {
        "fr": "ce n'est pas un PDF lisible : exportez-le de nouveau",
        "en": "not a readable PDF: export it again",
    },
    "pdf_password": {
        "fr": "le PDF demande un mot de passe : déposez-le sans protection",
        "en": "the PDF asks for a password: deliver it unprotected",
    },
    "pdf_no_text": {
        "fr": "le PDF ne contient que des images (numérisation) : déposez l'original, ou la lettre en DOCX ou JSON",
        "en": "the PDF holds pictures only (a scan): deliver the original, or the letter as DOCX or JSON",
    },
    "too_many_pages": {
        "fr": "trop de pages : {0}, au plus {1} ; ne gardez que la lettre",
        "en": "too many pages: {0}, at most {1}; keep the letter alone",
    },
    "letter_too_long": {
        "fr": "document trop long pour une lettre : au plus {0} caractères et {1} cellules de tableau",
        "en": "too long for a letter: at most {0} characters and {1} cells of tables",
    },
    "letter_too_heavy": {
        "fr": "document impossible à ouvrir dans la mémoire permise : enregistrez-le de nouveau, sans images ni objets",
        "en": "the document cannot be opened within the memory allowed: save it again, without pictures or objects",
    },
    "letter_too_slow": {
        "fr": "document non ouvert en {0} secondes : enregistrez-le de nouveau, sans images ni objets",
        "en": "the document was not opened within {0} seconds: save it again, without pictures or objects",
    },
    "letter_no_table": {
        "fr": "aucun tableau d'honoraires reconnu : il faut une colonne de prestation et une de prix (docs/letters.md)",
        "en": "no fee table recognised: it takes a column of services and one of prices (docs/letters.md)",
    },
    "letter_missing": {
        "fr": "ni le texte ni le nom du fichier ne le disent : ajoutez « Référence : », « Dossier : » ou "
        "« Exercice : », ou nommez le fichier dossier_exercice_référence",
        "en": "neither the text nor the file's name tells it: add «Référence :», «Dossier :» or «Exercice :», "
        "or name the file client-file_year_reference",
    },
    "letter_twice": {
        "fr": "dit deux fois autrement : {0} ({1}) ; gardez une seule valeur",
        "en": "said twice and not alike: {0} ({1}); keep one value",
    },
    "letter_column": {
        "fr": "intitulé de colonne non compris : reprenez un intitulé de docs/letters.md, ou retirez la colonne",
        "en": "heading not understood: use one of docs/letters.md, or take the column out",
    },
    "letter_column_twice": {
        "fr": "deux colonnes pour la même chose, l'autre est « {0} » : n'en gardez qu'une",
        "en": "two columns for the same thing, the other is «{0}»: keep one",
    },
    "letter_ragged": {
        "fr": "{0} colonnes lues au lieu de {1} : encadrez le tableau, ou déposez la lettre en DOCX ou JSON",
        "en": "{0} columns read instead of {1}: draw the lines of the table, or deliver the letter as DOCX or JSON",
    },
    "letter_merged": {
        "fr": "un montant commun à plusieurs lignes : indiquez celui de chaque ligne",
        "en": "one amount for several rows: give that of each row",
    },
    "letter_amount": {
        "fr": "montant illisible ou ambigu : attendu par exemple 1 200,00 € HT",
        "en": "amount unreadable or ambiguous: expected for example 1 200,00 € HT",
    },
    "letter_gross": {
        "fr": "montant TTC : indiquez le montant HT",
        "en": "an amount with VAT: give it net of VAT",
    },
    "letter_date": {
        "fr": "date illisible ou inexistante : attendu par exemple 31/01/2026 ou 1er janvier 2026",
        "en": "no such date, or unreadable: expected for example 31/01/2026 or 1er janvier 2026",
    },
    "letter_periodicity": {
        "fr": "périodicité non comprise : attendu mensuelle, bimestrielle, trimestrielle, semestrielle, "
        "annuelle ou ponctuelle",
        "en": "periodicity not understood: expected mensuelle, bimestrielle, trimestrielle, semestrielle, "
        "annuelle or ponctuelle",
    },
    "letter_no_periodicity": {
        "fr": "périodicité absente : ajoutez-la (mensuelle, trimestrielle…)",
        "en": "the periodicity is missing: add it (mensuelle, trimestrielle…)",
    },
    "letter_mode": {
        "fr": "mode de facturation non compris : attendu forfait, à l'unité ou au temps passé",
        "en": "billing mode not understood: expected forfait, à l'unité or au temps passé",
    },
    "letter_term": {
        "fr": "terme non compris : attendu à échoir ou échu",
        "en": "term not understood: expected à échoir or échu",
    },
    "letter_no_service": {
        "fr": "ligne sans nom de prestation : indiquez-le",
        "en": "a row without the name of a service: give it",
    },
    "letter_no_price": {
        "fr": "ligne sans prix lisible : indiquez-le, ou écrivez « inclus »",
        "en": "a row without a readable price: give it, or write «inclus»",
    },
    "letter_two_prices": {
        "fr": "un prix unitaire et un montant sur la même ligne : gardez l'un, ou intitulez l'autre « estimation »",
        "en": "a unit price and an amount in one row: keep one, or head the other «estimation»",
    },
    "letter_one_off": {
        "fr": "une prestation ponctuelle n'a pas {0} échéances : indiquez la périodicité",
        "en": "a one-off service has not {0} instalments: give the periodicity",
    },
    "letter_instalments": {
        "fr": "ces échéances ne font pas le montant de la ligne, {0} : corrigez l'un ou l'autre",
        "en": "these instalments do not make the amount of the row, {0}: correct one or the other",
    },
    "letter_balance": {
        "fr": "un solde demande aussi le montant annuel, la périodicité, et nombre, montant et date des échéances",
        "en": "a balance also takes the yearly amount, the periodicity, and number, amount and date of the instalments",
    },
    "letter_total": {
        "fr": "le total diffère de la somme des lignes lues, {0} : corrigez-le, ou encadrez toutes les lignes",
        "en": "the total differs from the sum of the rows read, {0}: correct it, or draw the lines of all rows",
    },
    "letter_revision": {
        "fr": "clause de révision non comprise : indiquez l'indice, son mois de base et le mois de première révision",
        "en": "revision clause not understood: give the index, its base month and the month of the first revision",
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
    # pulled sources
    "pulling": {
        "fr": "relevé de la source {0}",
        "en": "fetching the source {0}",
    },
    "source_folder_asset": {
        "fr": "Un dossier, copié dans inbox/{0}.",
        "en": "A folder, copied to inbox/{0}.",
    },
    "source_sql_asset": {
        "fr": "Une requête SQL, livrée dans inbox/{0}.",
        "en": "An SQL query, delivered to inbox/{0}.",
    },
    "source_http_asset": {
        "fr": "Une API web, livrée dans inbox/{0}.",
        "en": "A web API, delivered to inbox/{0}.",
    },
    "source_check": {
        "fr": "La source a pu être relevée la dernière fois.",
        "en": "The source could be fetched the last time.",
    },
    "source_required": {
        "fr": "la source {0}, obligatoire (required), n'a pas pu être relevée : {1}",
        "en": "the source {0}, which is required, could not be fetched: {1}",
    },
    "source_variable": {
        "fr": "la variable d'environnement {0} n'est pas définie ou est vide : donnez-lui une valeur et relancez",
        "en": "the environment variable {0} is not set or is empty: give it a value and run again",
    },
    "source_variable_line": {
        "fr": "la variable d'environnement {0} contient un saut de ligne : redonnez-lui sa valeur, sur une ligne",
        "en": "the environment variable {0} holds a line break: set it again, on one line",
    },
    "source_slow": {
        "fr": "rien d'entier après {0} secondes : vérifiez la source, ou augmentez max_seconds",
        "en": "nothing whole after {0} seconds: check the source, or raise max_seconds",
    },
    "source_inbox": {
        "fr": "impossible d'écrire dans inbox/ ({0}) : vérifiez les droits et la place sur le disque",
        "en": "cannot write to inbox/ ({0}): check the permissions and the space on the disk",
    },
    "source_unexpected": {
        "fr": "échec imprévu ({0}) : essayez la même demande avec un autre outil, et signalez-le s'il y réussit",
        "en": "an unforeseen failure ({0}): try the same request with another tool, and report it if that succeeds",
    },
    "source_folder": {
        "fr": "le dossier {0} n'existe pas ou n'est pas monté : vérifiez path",
        "en": "the folder {0} does not exist or is not mounted: check path",
    },
    "source_file": {
        "fr": "le dossier {0} ne se lit pas en entier ({1}) : vérifiez le partage et les droits",
        "en": "the folder {0} cannot be read as a whole ({1}): check the share and the permissions",
    },
    "source_column": {
        "fr": "la colonne {0}, obligatoire dans {1}, n'est pas parmi celles reçues ({2}) : ajoutez-la",
        "en": "the column {0}, required in {1}, is not among those received ({2}): add it",
    },
    "source_column_twice": {
        "fr": "la colonne {0} est présente deux fois : donnez un autre nom à l'une des deux",
        "en": "the column {0} is there twice: give one of the two another name",
    },
    "source_large": {
        "fr": "plus de {0} Mio en un seul relevé : restreignez-le",
        "en": "more than {0} MiB in one fetch: narrow it down",
    },
    "source_value": {
        "fr": "une valeur n'est ni un texte, ni un nombre, ni une date, ni un booléen ({0}) : convertissez-la",
        "en": "a value is no text, number, date or boolean ({0}): convert it",
    },
    "source_cursor_kind": {
        "fr": "le curseur n'est ni un nombre, ni une date, ni un texte, ou en mêle plusieurs sortes ({0}) : "
        "choisissez-en un autre",
        "en": "the cursor is no number, date or text, or mixes several kinds ({0}): choose another",
    },
    "source_cursor_long": {
        "fr": "le curseur a {0} caractères, au plus {1} : choisissez une date ou un numéro",
        "en": "the cursor has {0} characters, at most {1}: choose a date or a number",
    },
    "source_cursor_null": {
        "fr": "le curseur {0} est vide sur une ligne, qui ne serait plus relevée : choisissez-en un toujours rempli",
        "en": "the cursor {0} is blank in a row, which would never be fetched again: choose one that is always there",
    },
    "source_cursor_column": {
        "fr": "le curseur {0} n'est pas une colonne de la requête ({1}) : ajoutez-le ou corrigez cursor",
        "en": "the cursor {0} is no column of the query ({1}): add it or mend cursor",
    },
    "source_empty": {
        "fr": "la source ne donne plus aucune ligne, contre {0} auparavant : si c'est voulu, ne laissez que l'en-tête "
        "dans {1} et relancez",
        "en": "the source gives no row any more, {0} before: if that is meant, leave the header alone in {1} and run "
        "again",
    },
    "source_sql_url": {
        "fr": "SQLAlchemy ne peut pas utiliser l'adresse url ({0} : {1}) : corrigez-la, ou installez le pilote",
        "en": "SQLAlchemy cannot use the address url ({0}: {1}): mend it, or install the driver",
    },
    "source_sql": {
        "fr": "la base a refusé ({0} : {1}) : vérifiez url, query et les droits",
        "en": "the database refused ({0}: {1}): check url, query and the permissions",
    },
    "source_sql_data": {
        "fr": "la base n'a pas pu convertir une valeur ({0}) : vérifiez les conversions de query",
        "en": "the database could not convert a value ({0}): check the conversions of query",
    },
    "source_http_url": {
        "fr": "{0} : adresse, paramètre ou en-tête impossible à envoyer ; vérifiez url, params et headers",
        "en": "{0}: an address, parameter or header that cannot be sent; check url, params and headers",
    },
    "source_http_lost": {
        "fr": "{0} ne répond pas, ou pas jusqu'au bout ({1}) : vérifiez le réseau et le serveur",
        "en": "{0} does not answer, or not to the end ({1}): check the network and the server",
    },
    "source_http_status": {
        "fr": "{0} répond {1} : vérifiez url et params, ou attendez que le serveur aille mieux",
        "en": "{0} answers {1}: check url and params, or wait until the server is well",
    },
    "source_http_refused": {
        "fr": "{0} refuse l'accès ({1}) : vérifiez le jeton dans la variable d'environnement, et ses droits",
        "en": "{0} refuses access ({1}): check the token in the environment variable, and its permissions",
    },
    "source_http_moved": {
        "fr": "{0} renvoie vers une autre adresse ({1}), qui n'est pas suivie : mettez la bonne dans url",
        "en": "{0} points to another address ({1}), which is not followed: put the right one in url",
    },
    "source_http_date": {
        "fr": "la réponse n'a pas d'en-tête Date lisible, dont vient le curseur : donnez cursor_field",
        "en": "the answer has no readable Date header, which the cursor comes from: give cursor_field",
    },
    "source_page_large": {
        "fr": "une page de plus de {0} Mio : diminuez size",
        "en": "a page of more than {0} MiB: lower size",
    },
    "source_pages": {
        "fr": "plus de {0} pages : augmentez size, ou restreignez params",
        "en": "more than {0} pages: raise size, or narrow params",
    },
    "source_same_page": {
        "fr": "le paramètre {0} est sans effet, la page {1} est la même que la précédente : corrigez page_param",
        "en": "the parameter {0} has no effect, page {1} is the same as the one before: mend page_param",
    },
    "source_total": {
        "fr": "{0} objets au lieu des {1} annoncés, la liste change pendant la lecture : relancez, ou triez par un "
        "paramètre qui ne déplace rien",
        "en": "{0} objects instead of the {1} announced, the list changes while it is read: run again, or sort it by a "
        "parameter that moves nothing",
    },
    "source_json": {
        "fr": "page {0} : la réponse n'est pas du JSON (caractère {1}) ; vérifiez url, une page de connexion peut-être",
        "en": "page {0}: the answer is no JSON (character {1}); check url, maybe it is a login page",
    },
    "source_items": {
        "fr": "page {0} : pas de liste d'objets à l'endroit {1} ({2}) ; corrigez items",
        "en": "page {0}: no list of objects at {1} ({2}); mend items",
    },
    "source_field": {
        "fr": "aucun objet n'a {0} : corrigez columns, ou demandez ce champ par params",
        "en": "no object has {0}: mend columns, or ask for that field by params",
    },
    "source_field_kind": {
        "fr": "{0} n'est pas une valeur simple ({1}) : donnez le chemin jusqu'à la valeur, par exemple {0}.id",
        "en": "{0} is no plain value ({1}): give the path to the value, for example {0}.id",
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
