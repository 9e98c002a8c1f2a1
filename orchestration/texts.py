"""What the command says, in French and English: one table, picked by the language of the workspace.

Rule texts (titles, remedies) do not belong here: they sit with the rules in ``expectations``.
"""

from __future__ import annotations

from collections.abc import Mapping

LANGUAGES = ("fr", "en")
DEFAULT_LANGUAGE = "fr"

TEXTS: Mapping[str, Mapping[str, str]] = {
    # --- errors: cause, then the way out -------------------------------------------------------------------------
    "error": {"fr": "Erreur", "en": "Error"},
    "refused": {"fr": "Refus", "en": "Refused"},
    "unexpected_error": {
        "fr": "{kind} : {detail}\nC'est un défaut de prefact et non de vos données. Relancez avec --debug et joignez "
        "la sortie à votre signalement.",
        "en": "{kind}: {detail}\nThis is a fault of prefact, not of your data. Run again with --debug and attach the "
        "output to your report.",
    },
    "config_unreadable": {
        "fr": "{file} ne se lit pas comme du TOML : {detail}. Corrigez cette ligne.",
        "en": "{file} cannot be read as TOML: {detail}. Mend that line.",
    },
    "config_unknown_key": {
        "fr": "{file} : clé inconnue « {key} » (valeur {value}). Clés admises ici : {allowed}.",
        "en": "{file}: unknown key “{key}” (value {value}). Keys allowed here: {allowed}.",
    },
    "config_bad_value": {
        "fr": "{file} : la clé « {key} » vaut {value}, ce qui n'est pas admis. Valeurs admises : {allowed}.",
        "en": "{file}: the key “{key}” is {value}, which is not allowed. Allowed: {allowed}.",
    },
    "no_such_folder": {
        "fr": "Le dossier de travail {folder} n'existe pas. Créez-le : prefact init {folder}",
        "en": "The workspace {folder} does not exist. Create it: prefact init {folder}",
    },
    "not_a_folder": {
        "fr": "{folder} est un fichier, non un dossier. Donnez le chemin d'un dossier.",
        "en": "{folder} is a file, not a folder. Give the path of a folder.",
    },
    "no_inbox": {
        "fr": "Pas de dossier « inbox » dans {folder} : il n'y a rien à facturer. Créez le dossier de travail "
        "(prefact init {folder}), déposez vos fichiers dans inbox/, puis relancez.",
        "en": "No “inbox” folder in {folder}: there is nothing to bill. Create the workspace (prefact init {folder}), "
        "drop your files in inbox/, then run again.",
    },
    "cannot_write": {
        "fr": "Impossible d'écrire {path} : {detail}. Vérifiez les droits et la place sur le disque.",
        "en": "Cannot write {path}: {detail}. Check the permissions and the space on the disk.",
    },
    "bad_month": {
        "fr": "« {value} » n'est pas un mois. Écrivez AAAA-MM (par exemple 2026-03) ou une plage 2026-01..2026-12.",
        "en": "“{value}” is not a month. Write YYYY-MM (for instance 2026-03) or a range 2026-01..2026-12.",
    },
    "month_order": {
        "fr": "La plage « {value} » finit avant de commencer. Écrivez le premier mois d'abord.",
        "en": "The range “{value}” ends before it begins. Write the first month first.",
    },
    "month_out_of_range": {
        "fr": "{value} ne peut pas être facturé : les mois admis vont de {first} à {last}.",
        "en": "{value} cannot be billed: months from {first} to {last} are allowed.",
    },
    "bad_control_date": {
        "fr": "« {value} » n'est pas une date. Écrivez AAAA-MM-JJ, par exemple {example}.",
        "en": "“{value}” is not a date. Write YYYY-MM-DD, for instance {example}.",
    },
    "control_date_outside": {
        "fr": "La date de contrôle {value} n'est pas dans le mois {month}. Choisissez un jour de ce mois.",
        "en": "The control date {value} is not in the month {month}. Choose a day of that month.",
    },
    "control_date_range": {
        "fr": "--control-date vaut pour un seul mois, et la plage {value} en compte plusieurs.",
        "en": "--control-date is for a single month, and the range {value} has several.",
    },
    "workspace_busy": {
        "fr": "Un autre prefact travaille sur ce dossier de travail ({holder}). Attendez qu'il ait fini, puis "
        "relancez.",
        "en": "Another prefact is working on this workspace ({holder}). Wait until it has finished, then run again.",
    },
    "busy_holder": {"fr": "processus {pid}, {what}", "en": "process {pid}, {what}"},
    "busy_unknown": {"fr": "processus inconnu", "en": "unknown process"},
    "warehouse_locked": {
        "fr": "{warehouse} est ouvert dans un autre programme{who}. Fermez-le (les lecteurs disposent de published/), "
        "puis relancez.",
        "en": "{warehouse} is open in another program{who}. Close it (readers have published/), then run again.",
    },
    "warehouse_who": {"fr": " ({program}, processus {pid})", "en": " ({program}, process {pid})"},
    "warehouse_damaged": {
        "fr": "{warehouse} ne s'ouvre pas comme entrepôt DuckDB : {detail}. Écartez ce fichier et relancez : il est "
        "refait à partir d'inbox/.",
        "en": "{warehouse} does not open as a DuckDB warehouse: {detail}. Move that file away and run again: it is "
        "made anew from inbox/.",
    },
    "dbt_failed": {
        "fr": "Le calcul s'est arrêté sur {node} : {detail}\nRien n'a été publié pour {month}. Journal : {log}",
        "en": "The calculation stopped at {node}: {detail}\nNothing was published for {month}. Log: {log}",
    },
    "invariant_failed": {
        "fr": "Une règle interne n'est pas tenue : {node} ({detail}).\nC'est un défaut de prefact et non de vos "
        "données ; rien n'a été publié pour {month}. Journal : {log}",
        "en": "An internal rule does not hold: {node} ({detail}).\nThis is a fault of prefact, not of your data; "
        "nothing was published for {month}. Log: {log}",
    },
    "step_failed": {
        "fr": "L'étape « {step} » a échoué : {detail}\nRien n'a été publié pour {month}.",
        "en": "The step “{step}” failed: {detail}\nNothing was published for {month}.",
    },
    "nothing_run_yet": {
        "fr": "Aucun mois n'a encore été calculé dans {folder}. Lancez : prefact run {month}",
        "en": "No month has been run yet in {folder}. Run: prefact run {month}",
    },
    "month_not_run": {
        "fr": "Le mois {month} n'a pas encore été calculé. Lancez : prefact run {month}\nMois calculés : {months}.",
        "en": "The month {month} has not been run yet. Run: prefact run {month}\nMonths run so far: {months}.",
    },
    "no_such_line": {
        "fr": "Aucune ligne publiée n'a la clé « {key} ».{near} Les clés sont dans la colonne line_key de "
        "published/<mois>/prebill_line.parquet.",
        "en": "No published line has the key “{key}”.{near} Keys are in the column line_key of "
        "published/<month>/prebill_line.parquet.",
    },
    "near_lines": {"fr": " Clés proches : {keys}.", "en": " Similar keys: {keys}."},
    "no_such_code": {
        "fr": "« {value} » n'est pas un code d'anomalie. Codes connus : {allowed}.",
        "en": "“{value}” is not an anomaly code. Known codes: {allowed}.",
    },
    "port_busy": {
        "fr": "Le port {port} est déjà pris sur 127.0.0.1. Choisissez-en un autre : prefact ui --port {other}",
        "en": "Port {port} is already in use on 127.0.0.1. Choose another: prefact ui --port {other}",
    },
    "strict_refusal": {
        "fr": "{count} anomalie(s) critique(s) ouverte(s) : {codes}. Le mois est publié, mais --strict refuse. "
        "Traitez-les (prefact anomalies {month}), puis relancez.",
        "en": "{count} critical anomaly(ies) open: {codes}. The month is published, but --strict refuses. "
        "Deal with them (prefact anomalies {month}), then run again.",
    },
    "demo_not_empty": {
        "fr": "{folder} contient déjà autre chose qu'une démonstration. Donnez un dossier neuf : prefact demo DOSSIER",
        "en": "{folder} already holds something other than a demo. Give a fresh folder: prefact demo FOLDER",
    },
    "interrupted": {
        "fr": "Interrompu. Rien n'a été publié ; relancez la même commande.",
        "en": "Interrupted. Nothing was published; run the same command again.",
    },
    # --- usage errors ---------------------------------------------------------------------------------------------
    "usage_no_command": {
        "fr": "« {value} » n'est pas une commande. Commandes : {allowed}.",
        "en": "“{value}” is not a command. Commands: {allowed}.",
    },
    "usage_no_option": {
        "fr": "L'option {value} n'existe pas ici.{near}",
        "en": "There is no option {value} here.{near}",
    },
    "usage_near": {"fr": " Vouliez-vous dire {allowed} ?", "en": " Did you mean {allowed}?"},
    "usage_missing": {"fr": "Il manque {value}.", "en": "{value} is missing."},
    "usage_option_needs_value": {"fr": "L'option {value} attend une valeur.", "en": "Option {value} needs a value."},
    "usage_option_takes_none": {"fr": "L'option {value} ne prend pas de valeur.", "en": "Option {value} takes none."},
    "usage_extra": {"fr": "Argument en trop : {value}.", "en": "Unexpected argument: {value}."},
    "usage_bad_choice": {
        "fr": "{param} : « {value} » n'est pas admis. Valeurs admises : {allowed}.",
        "en": "{param}: “{value}” is not allowed. Allowed: {allowed}.",
    },
    "usage_see_help": {"fr": "Voyez : {command} --help", "en": "See: {command} --help"},
    # --- help -----------------------------------------------------------------------------------------------------
    "help_usage": {"fr": "Utilisation : ", "en": "Usage: "},
    "help_options": {"fr": "Options", "en": "Options"},
    "help_commands": {"fr": "Commandes", "en": "Commands"},
    "help_help": {"fr": "Affiche cette aide.", "en": "Shows this help."},
    "help_version": {"fr": "Affiche la version.", "en": "Shows the version."},
    "help_main": {
        "fr": "La pré-facturation mensuelle d'un cabinet comptable : des fichiers reçus aux lignes exactes et "
        "contrôlées.\n\nCommencez par « prefact demo », ou par « prefact init » dans un dossier à vous.",
        "en": "The monthly pre-billing of an accounting firm: from the files received to exact, checked lines.\n\n"
        "Begin with “prefact demo”, or with “prefact init” in a folder of yours.",
    },
    "help_workspace": {
        "fr": "Dossier de travail (sinon $PREFACT_WORKSPACE, sinon le dossier courant).",
        "en": "Workspace folder (else $PREFACT_WORKSPACE, else the current folder).",
    },
    "help_debug": {
        "fr": "Montre la trace complète d'une erreur.",
        "en": "Shows the full trace of an error.",
    },
    "help_init": {
        "fr": "Prépare un dossier de travail : prefact.toml commenté et dossiers.",
        "en": "Prepares a workspace: a commented prefact.toml and the folders.",
    },
    "help_demo": {
        "fr": "Crée un cabinet fictif, lance un mois et montre le résultat.",
        "en": "Makes a fictitious firm, runs a month and shows the result.",
    },
    "help_run": {
        "fr": "Calcule un mois (AAAA-MM) ou une plage (2026-01..2026-12) à partir d'inbox/.",
        "en": "Runs a month (YYYY-MM) or a range (2026-01..2026-12) from inbox/.",
    },
    "help_control_date": {
        "fr": "Date de contrôle, dans le mois (défaut : control_day de prefact.toml).",
        "en": "Control date, in the month (default: control_day of prefact.toml).",
    },
    "help_strict": {
        "fr": "Sort avec le code 2 si des anomalies critiques sont ouvertes.",
        "en": "Exits with 2 when critical anomalies are open.",
    },
    "help_status": {
        "fr": "Montre les mois, les fichiers arrivés, les anomalies ouvertes et les totaux.",
        "en": "Shows the months, the files that arrived, open anomalies and totals.",
    },
    "help_anomalies": {
        "fr": "Liste les anomalies à traiter (défaut : le dernier mois calculé).",
        "en": "Lists the anomalies to work on (default: the month run last).",
    },
    "help_code": {"fr": "Seulement ce code, par exemple FI-08.", "en": "Only this code, for instance FI-08."},
    "help_manager": {
        "fr": "Seulement les dossiers de ce responsable (manager_id).",
        "en": "Only the client files of this manager (manager_id).",
    },
    "help_format": {"fr": "Forme de la sortie.", "en": "Form of the output."},
    "help_explain": {
        "fr": "Explique une ligne : son calcul, sa source, ce qui la retient.",
        "en": "Explains a line: its calculation, its source, what holds it.",
    },
    "help_ui": {
        "fr": "Ouvre l'interface Dagster sur 127.0.0.1.",
        "en": "Serves the Dagster interface on 127.0.0.1.",
    },
    "help_port": {"fr": "Port local.", "en": "Local port."},
    "metavar_month": {"fr": "MOIS", "en": "MONTH"},
    "metavar_folder": {"fr": "DOSSIER", "en": "FOLDER"},
    "metavar_date": {"fr": "DATE", "en": "DATE"},
    "metavar_code": {"fr": "CODE", "en": "CODE"},
    "metavar_manager": {"fr": "ID", "en": "ID"},
    "metavar_line": {"fr": "CLE_DE_LIGNE", "en": "LINE_KEY"},
    "metavar_command": {"fr": "COMMANDE [ARGUMENTS]", "en": "COMMAND [ARGUMENTS]"},
    "metavar_options": {"fr": "[OPTIONS]", "en": "[OPTIONS]"},
}


def say(language: str, key: str, /, **facts: object) -> str:
    """Return the text ``key`` in ``language`` with its facts filled in.

    Raises:
        KeyError: for an unknown key, so that a typing error shows in the tests.
    """
    return TEXTS[key][language].format(**facts)
