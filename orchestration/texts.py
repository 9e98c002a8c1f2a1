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
    "config_missing_key": {
        "fr": "{file} : il manque la clé « {key} » dans {section}. Ajoutez-la.",
        "en": "{file}: the key “{key}” is missing in {section}. Add it.",
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
    "cannot_use": {
        "fr": "{path} : {detail}. Vérifiez le chemin, les droits et la place sur le disque.",
        "en": "{path}: {detail}. Check the path, the permissions and the space on the disk.",
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
    "spark_missing": {
        "fr": 'engine = "spark" demande pyspark et dbt-spark, qui ne sont pas installés. Installez-les (pip install '
        '-r requirements-spark.lock), ou mettez engine = "duckdb" dans prefact.toml.',
        "en": 'engine = "spark" needs pyspark and dbt-spark, which are not installed. Install them (pip install '
        '-r requirements-spark.lock), or set engine = "duckdb" in prefact.toml.',
    },
    "spark_unreachable": {
        "fr": "La grappe Spark {master} ne répond pas. Démarrez-la, ou corrigez master dans la section [spark] de "
        "prefact.toml.",
        "en": "The Spark cluster {master} does not answer. Start it, or mend master in the section [spark] of "
        "prefact.toml.",
    },
    "spark_no_worker": {
        "fr": "La grappe Spark {master} n'a donné aucun exécuteur en {seconds} s. Démarrez ses ouvriers (workers), ou "
        "demandez-leur moins de mémoire ou de cœurs (options de la section [spark] de prefact.toml).",
        "en": "The Spark cluster {master} gave no executor within {seconds} s. Start its workers, or ask them for less "
        "memory or fewer cores (options in the section [spark] of prefact.toml).",
    },
    "spark_no_session": {
        "fr": "Spark n'a pas démarré sur {master} : {detail}\nIl lui faut Java 17 ou 21 (commande java, ou JAVA_HOME). "
        "Journal : {log}",
        "en": "Spark did not start on {master}: {detail}\nIt needs Java 17 or 21 (the command java, or JAVA_HOME). "
        "Log: {log}",
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
    "run_failed": {
        "fr": "Le calcul de {month} s'est arrêté ({kind}) : {detail}\nRien n'a été publié pour {month}. Relancez avec "
        "--debug pour la trace complète.",
        "en": "The run of {month} stopped ({kind}): {detail}\nNothing was published for {month}. Run again with "
        "--debug for the full trace.",
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
    "ledger_missing_link": {
        "fr": "Le maillon {place} du grand livre manque : ce qui a été validé n'est plus entier. Rendez-lui ce "
        "dossier à partir d'une sauvegarde ; rien n'a été modifié.",
        "en": "The link {place} of the ledger is missing: what was validated is no longer whole. Put that folder back "
        "from a backup; nothing was changed.",
    },
    "ledger_unreadable_link": {
        "fr": "Le maillon {place} du grand livre ne se lit pas (link.json manque ou est abîmé). Remettez ce dossier à "
        "partir d'une sauvegarde ; rien n'a été modifié.",
        "en": "The link {place} of the ledger cannot be read (link.json is missing or damaged). Put that folder back "
        "from a backup; nothing was changed.",
    },
    "ledger_broken_chain": {
        "fr": "Le maillon {place} du grand livre ne suit pas celui d'avant : l'un des deux a été modifié. "
        "Remettez-les à partir d'une sauvegarde ; rien n'a été modifié.",
        "en": "The link {place} of the ledger does not follow the one before it: one of the two was altered. Put them "
        "back from a backup; nothing was changed.",
    },
    "ledger_changed_file": {
        "fr": "{place} manque ou n'est plus ce qui a été validé. Remettez ce fichier à partir d'une sauvegarde ; rien "
        "n'a été modifié.",
        "en": "{place} is missing or no longer what was validated. Put that file back from a backup; nothing was "
        "changed.",
    },
    "ledger_missing_end": {
        "fr": "La fin du grand livre ne correspond pas à {place} : des maillons ont été retirés, ou ce fichier "
        "modifié. Remettez le dossier ledger/ à partir d'une sauvegarde ; rien n'a été modifié.",
        "en": "The end of the ledger does not agree with {place}: links were removed, or that file was altered. Put "
        "the folder ledger/ back from a backup; nothing was changed.",
    },
    "ledger_lost_link": {
        "fr": "Le maillon {place} du grand livre, lu auparavant, manque ou n'est plus le même. Remettez le dossier "
        "ledger/ à partir d'une sauvegarde ; rien n'a été modifié.",
        "en": "The link {place} of the ledger, read before, is missing or no longer the same. Put the folder ledger/ "
        "back from a backup; nothing was changed.",
    },
    "ledger_lost_validation": {
        "fr": "Un mois publié montre une validation que le grand livre n'a plus ({place}). Remettez le dossier "
        "ledger/ à partir d'une sauvegarde ; rien n'a été modifié.",
        "en": "A published month shows a validation that the ledger no longer has ({place}). Put the folder ledger/ "
        "back from a backup; nothing was changed.",
    },
    "as_is": {"fr": "{text}", "en": "{text}"},
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
    # --- progress and summaries -----------------------------------------------------------------------------------
    "stage_start-up": {"fr": "démarrage", "en": "start-up"},
    "stage_pull": {"fr": "relevé des sources", "en": "fetching the sources"},
    "stage_ingestion": {"fr": "lecture des entrées", "en": "ingestion"},
    "stage_dbt": {"fr": "calcul", "en": "dbt"},
    "stage_expectations": {"fr": "contrôles", "en": "expectations"},
    "stage_validation": {"fr": "validation", "en": "validation"},
    "stage_export": {"fr": "export", "en": "export"},
    "stage_reports": {"fr": "rapports", "en": "reports"},
    "stage_publication": {"fr": "publication", "en": "publication"},
    "progress_total": {
        "fr": "{month} terminé en {seconds} ({cpu} de processeur)",
        "en": "{month} done in {seconds} ({cpu} of processor)",
    },
    "progress_unchanged": {
        "fr": "Rien n'a changé depuis le dernier calcul : il est repris tel quel.",
        "en": "Nothing has changed since it was last computed: that is taken as it is.",
    },
    "progress_stage": {"fr": "{stage} : {seconds} ({cpu})", "en": "{stage}: {seconds} ({cpu})"},
    "init_done": {"fr": "Dossier de travail prêt : {folder}", "en": "Workspace ready: {folder}"},
    "init_nothing": {"fr": "Rien à faire, tout est déjà là : {folder}", "en": "Nothing to do, all is there: {folder}"},
    "init_next": {
        "fr": "Déposez vos fichiers dans inbox/ (docs/data-contract.md les décrit), puis : prefact run AAAA-MM -w "
        "{folder}",
        "en": "Drop your files in inbox/ (docs/data-contract.md describes them), then: prefact run YYYY-MM -w {folder}",
    },
    "summary_title": {
        "fr": "Pré-facturation de {month} ({state}, date de contrôle {date})",
        "en": "Pre-billing of {month} ({state}, control date {date})",
    },
    "summary_no_lines": {"fr": "Aucune ligne à facturer ce mois-ci.", "en": "Nothing to bill this month."},
    "summary_unknown": {"fr": " + {count} sans montant", "en": " + {count} without amount"},
    "summary_total": {"fr": "Total", "en": "Total"},
    "summary_vat": {
        "fr": "TVA {vat}, soit {gross} TTC pour ce qui est prêt.",
        "en": "VAT {vat}, {gross} gross for what is ready.",
    },
    "summary_anomalies": {"fr": "Anomalies ouvertes", "en": "Open anomalies"},
    "summary_no_anomalies": {"fr": "Aucune anomalie ouverte.", "en": "No open anomaly."},
    "summary_accepted": {
        "fr": "et {count} acceptée(s) par une dérogation",
        "en": "and {count} accepted by a waiver",
    },
    "summary_rejects": {
        "fr": "Lignes d'entrée rejetées : {count} (published/<mois>/rejected_row.parquet)",
        "en": "Input rows rejected: {count} (published/<month>/rejected_row.parquet)",
    },
    "reject_value": {"fr": " « {value} »", "en": " “{value}”"},
    "reject_line": {"fr": "{place} : {reason}", "en": "{place}: {reason}"},
    "summary_more": {"fr": "… et {count} de plus", "en": "… and {count} more"},
    "summary_unread": {"fr": "Fichiers qui n'alimentent rien : {count}", "en": "Files that feed no table: {count}"},
    "summary_columns": {"fr": "Colonnes inconnues, ignorées : {count}", "en": "Unknown columns, ignored: {count}"},
    "summary_sources": {
        "fr": "SOURCES NON RELEVÉES : {count}. Le mois est calculé avec leurs données d'avant.",
        "en": "SOURCES NOT FETCHED: {count}. The month is made from their data of before.",
    },
    "source_failed": {
        "fr": "{name} (relevée pour la dernière fois : {moment}) : {reason}",
        "en": "{name} (fetched last: {moment}): {reason}",
    },
    "source_never": {"fr": "jamais", "en": "never"},
    "source_ok": {"fr": "à jour", "en": "fetched"},
    "source_error": {"fr": "EN ÉCHEC", "en": "FAILED"},
    "source_waiting": {"fr": "pas encore", "en": "not yet"},
    "status_sources": {"fr": "Sources relevées", "en": "Pulled sources"},
    "column_kind": {"fr": "Sorte", "en": "Kind"},
    "column_fetched": {"fr": "Dernier relevé", "en": "Last fetched"},
    "column_delivered": {"fr": "Dernière nouveauté", "en": "Last news"},
    "column_cursor": {"fr": "Curseur", "en": "Cursor"},
    "summary_remarks": {
        "fr": "Déclarations de paie à regarder (envoi de test, ignoré ; version de norme inconnue, lue) : {count}",
        "en": "Payroll declarations to look at (sent as a test, ignored; unknown version of the norm, read): {count}",
    },
    "summary_earlier": {
        "fr": "Mois antérieurs non validés, et ce qui y attend :",
        "en": "Earlier months not validated, and what waits there:",
    },
    "summary_waiting": {
        "fr": "{month} : {ready} ligne(s) prête(s), {ready_net} ; {held} retenue(s), {held_net}",
        "en": "{month}: {ready} line(s) ready, {ready_net}; {held} held, {held_net}",
    },
    "run_validated": {
        "fr": "{month} est validé : rien n'est recalculé, rien ne change. Ce qui arrive ou change pour ce mois paraît "
        "dans le premier mois ouvert qui suit.",
        "en": "{month} is validated: nothing is run again, nothing changes. What arrives or changes for that month "
        "shows in the first open month after it.",
    },
    "validate_title": {
        "fr": "Validation de {month} par {person}{scope}",
        "en": "Validation of {month} by {person}{scope}",
    },
    "validate_scope": {"fr": " · dossiers : {files}", "en": " · client files: {files}"},
    "validate_nothing_ready": {
        "fr": "Aucune ligne prête : le mois est clos sans rien à facturer.",
        "en": "No line is ready: the month is closed with nothing to bill.",
    },
    "validate_held": {
        "fr": "Les lignes retenues ne sont pas validées : elles paraîtront dans le premier mois ouvert qui suit.",
        "en": "Held lines are not validated: they will show in the first open month after this one.",
    },
    "validate_done": {
        "fr": "{month} : {lines} ligne(s) validée(s), {amount} HT. C'est définitif : une différence ultérieure donnera "
        "des lignes d'ajustement.",
        "en": "{month}: {lines} line(s) validated, {amount} net. That is final: any later difference gives adjusting "
        "lines.",
    },
    "validate_again": {
        "fr": "{month}{scope} : déjà validé, rien ne change.",
        "en": "{month}{scope}: validated already, nothing changes.",
    },
    "validate_finished": {
        "fr": "{month} : déjà validé ; les résultats publiés ont été mis à jour.",
        "en": "{month}: validated already; what is published was brought up to date.",
    },
    "rebuild_done": {
        "fr": "{warehouse} a été refait à partir de ledger/, archive/ et inbox/. Mois : {months}.",
        "en": "{warehouse} was made anew from ledger/, archive/ and inbox/. Months: {months}.",
    },
    "rebuild_same": {
        "fr": "Tout ce qui était publié est identique, octet pour octet.",
        "en": "All that was published is identical, byte for byte.",
    },
    "rebuild_differs": {
        "fr": "{month} diffère de ce qui était publié ({relations}) : des fichiers, la configuration, un autre mois ou "
        "prefact lui-même ont changé depuis son dernier calcul.",
        "en": "{month} differs from what was published ({relations}): files, the configuration, another month or "
        "prefact itself have changed since it was last run.",
    },
    "forecast_title": {
        "fr": "Ce qui sera facturé de {first} à {last} (montants HT)",
        "en": "What will be billed from {first} to {last} (net amounts)",
    },
    "forecast_basis": {"fr": "D'où viennent ces chiffres", "en": "Where these figures come from"},
    "forecast_mode": {"fr": "{mode} : {basis}", "en": "{mode}: {basis}"},
    "forecast_exact": {
        "fr": "exact, {count} échéance(s) prévue(s) et pas encore validée(s)",
        "en": "exact, {count} instalment(s) planned and not validated yet",
    },
    "forecast_unknown": {"fr": ", dont {count} sans montant", "en": ", {count} of them without amount"},
    "forecast_none": {
        "fr": "pas de prévision, une prestation ponctuelle ne se planifie pas",
        "en": "no forecast, ad-hoc services are not planned",
    },
    "forecast_unvalidated": {
        "fr": "pas de prévision, aucun mois validé dont prendre la moyenne",
        "en": "no forecast, no validated month to take the mean of",
    },
    "forecast_validated": {
        "fr": "estimation, moyenne de {count} mois validé(s) ({first} à {last})",
        "en": "estimate, mean of {count} validated month(s) ({first} to {last})",
    },
    "forecast_drafted": {
        "fr": "estimation, moyenne de {count} mois calculé(s), aucun n'étant validé ({first} à {last})",
        "en": "estimate, mean of {count} month(s) run, none of them being validated ({first} to {last})",
    },
    "notice": {
        "fr": "prefact : échec de « {job} » pour {month} dans {workspace}, à l'étape {step} ({error}). Rien n'a été "
        "publié. Le détail est dans l'interface (prefact ui -w {folder}).",
        "en": "prefact: “{job}” failed for {month} in {workspace}, at step {step} ({error}). Nothing was published. "
        "The detail is in the interface (prefact ui -w {folder}).",
    },
    "summary_published": {"fr": "Résultats : {folder}", "en": "Results: {folder}"},
    "summary_reports": {"fr": "Rapports : {folder}", "en": "Reports: {folder}"},
    "summary_next": {"fr": "Ensuite : {command}", "en": "Next: {command}"},
    "place_sheet": {"fr": "feuille {sheet}", "en": "sheet {sheet}"},
    "place_row": {"fr": "ligne {row}", "en": "row {row}"},
    "place_column": {"fr": "colonne {column}", "en": "column {column}"},
    "column_mode": {"fr": "Mode", "en": "Mode"},
    "column_lines": {"fr": "Lignes", "en": "Lines"},
    "column_net": {"fr": "Montant HT", "en": "Net amount"},
    "column_held": {"fr": "Retenues", "en": "Held"},
    "column_held_net": {"fr": "Montant retenu", "en": "Net amount held"},
    "column_code": {"fr": "Code", "en": "Code"},
    "column_severity": {"fr": "Gravité", "en": "Severity"},
    "column_count": {"fr": "Nombre", "en": "Count"},
    "column_stake": {"fr": "Enjeu", "en": "At stake"},
    "column_title": {"fr": "Anomalie", "en": "Anomaly"},
    "mode_FLAT": {"fr": "Forfait (FLAT)", "en": "Flat fee (FLAT)"},
    "mode_UNIT": {"fr": "Unités d'œuvre (UNIT)", "en": "Units (UNIT)"},
    "mode_TIME": {"fr": "Temps passé (TIME)", "en": "Time (TIME)"},
    "mode_ADHOC": {"fr": "Ponctuel (ADHOC)", "en": "Ad hoc (ADHOC)"},
    "mode_CONTRACT_FLAT": {"fr": "Forfait de contrat (CONTRACT_FLAT)", "en": "Contract flat fee (CONTRACT_FLAT)"},
    "mode_TRUE_UP": {"fr": "Régularisation (TRUE_UP)", "en": "True-up (TRUE_UP)"},
    "mode_CONSUMED": {"fr": "Consommation (CONSUMED)", "en": "Consumption (CONSUMED)"},
    "severity_critical": {"fr": "critique", "en": "critical"},
    "severity_warning": {"fr": "alerte", "en": "warning"},
    "severity_info": {"fr": "info", "en": "info"},
    "work_none": {"fr": "Aucune anomalie ({months}).", "en": "No anomaly ({months})."},
    "work_rule": {
        "fr": "{month} · {code} · {severity} · {title} · {count} cas · enjeu {stake}",
        "en": "{month} · {code} · {severity} · {title} · {count} case(s) · {stake} at stake",
    },
    "work_rule_accepted": {
        "fr": "{month} · {code} · acceptée ({severity}) · {title} · {count} cas · enjeu {stake}",
        "en": "{month} · {code} · accepted ({severity}) · {title} · {count} case(s) · {stake} at stake",
    },
    "work_remedy": {"fr": "À faire ({owner}) : {remedy}", "en": "To do ({owner}): {remedy}"},
    "work_case": {
        "fr": "attendu : {expected} ; constaté : {actual} ; depuis {since}",
        "en": "expected: {expected}; found: {actual}; since {since}",
    },
    "work_cause": {"fr": "à cause de {code}", "en": "because of {code}"},
    "status_title": {"fr": "Dossier de travail : {folder}", "en": "Workspace: {folder}"},
    "status_nothing": {
        "fr": "Aucun mois n'a encore été calculé.",
        "en": "No month has been run yet.",
    },
    "confirm_none": {"fr": "Aucune lettre n'attend de confirmation.", "en": "No letter waits to be confirmed."},
    "confirm_waiting": {
        "fr": "Lettres lues dans un PDF, à confirmer avant d'être facturées : {count} ({command})",
        "en": "Letters read from a PDF, to be confirmed before they are billed: {count} ({command})",
    },
    "confirm_letter": {
        "fr": "{document} v{version} · dossier {client_file} · exercice {year} · lignes : {lines} · {amount} · {file}",
        "en": "{document} v{version} · client file {client_file} · year {year} · lines: {lines} · {amount} · {file}",
    },
    "confirm_gone": {
        "fr": "{file} n'est plus là tel qu'il a été lu : déposez-le de nouveau pour voir son texte",
        "en": "{file} is no longer there as it was read: deliver it again to see its text",
    },
    "confirm_aside": {"fr": "(hors de la lettre)", "en": "(no part of the letter)"},
    "confirm_how": {"fr": "Pour confirmer : {command}", "en": "To confirm: {command}"},
    "confirm_done": {
        "fr": "{document} v{version} est confirmée ({file}) ; elle sera facturée au prochain calcul.",
        "en": "{document} v{version} is confirmed ({file}); the next run bills it.",
    },
    "confirm_unknown": {
        "fr": "Aucune lettre « {value} » n'attend de confirmation, dans cette version. En attente : {waiting}.",
        "en": "No letter “{value}” waits to be confirmed, in that version. Waiting: {waiting}.",
    },
    "confirm_which": {
        "fr": "Plusieurs versions de « {value} » attendent : {versions}. Ajoutez --version.",
        "en": "Several versions of “{value}” wait: {versions}. Add --version.",
    },
    "confirm_changed": {
        "fr": "{file} n'est plus celui qui a été lu : regardez d'abord ce qu'il contient ({command}).",
        "en": "{file} is no longer the one that was read: look at what it holds first ({command}).",
    },
    "confirm_foreign": {
        "fr": "{file} a d'autres colonnes que document_id,version,content_hash,author,confirmed_on. Ajoutez-y la ligne "
        "vous-même : {row}, votre nom, la date du jour.",
        "en": "{file} has other columns than document_id,version,content_hash,author,confirmed_on. Add the row "
        "yourself: {row}, your name, today's date.",
    },
    "column_written": {"fr": "Écrit dans le document", "en": "Written in the document"},
    "column_read": {"fr": "Lu", "en": "Read"},
    "status_arrivals": {"fr": "Arrivées", "en": "Arrivals"},
    "status_arrivals_busy": {
        "fr": "Arrivées : l'entrepôt est occupé (un calcul est en cours ?), réessayez plus tard.",
        "en": "Arrivals: the warehouse is in use (a run at work?), try again later.",
    },
    "state_DRAFT": {"fr": "brouillon", "en": "draft"},
    "state_PARTLY_VALIDATED": {"fr": "validé en partie", "en": "partly validated"},
    "state_VALIDATED": {"fr": "validé", "en": "validated"},
    "state_EXPORTED": {"fr": "exporté", "en": "exported"},
    "column_line": {"fr": "Ligne", "en": "Line"},
    "column_month": {"fr": "Mois", "en": "Month"},
    "column_state": {"fr": "État", "en": "State"},
    "column_control": {"fr": "Contrôle", "en": "Control"},
    "column_critical": {"fr": "Critiques", "en": "Critical"},
    "column_other": {"fr": "Alertes", "en": "Warnings"},
    "column_table": {"fr": "Table", "en": "Table"},
    "column_files": {"fr": "Fichiers", "en": "Files"},
    "column_rows": {"fr": "Lignes", "en": "Rows"},
    "column_rejected": {"fr": "Rejets", "en": "Rejected"},
    "column_source": {"fr": "Source", "en": "Source"},
    "column_key": {"fr": "Clé", "en": "Key"},
    "column_place": {"fr": "Où", "en": "Where"},
    "column_quantity": {"fr": "Quantité", "en": "Quantity"},
    "column_price": {"fr": "Prix", "en": "Price"},
    "column_amount": {"fr": "Montant", "en": "Amount"},
    "explain_line": {"fr": "Ligne", "en": "Line"},
    "explain_label": {"fr": "Libellé", "en": "Label"},
    "explain_month": {"fr": "Mois", "en": "Month"},
    "explain_origin": {"fr": "Mois d'origine", "en": "Origin month"},
    "explain_client": {"fr": "Client / dossier", "en": "Client / file"},
    "explain_mission": {"fr": "Mission / exercice", "en": "Mission / fiscal year"},
    "explain_contract": {"fr": "Contrat / règle", "en": "Contract / rule"},
    "explain_mode": {"fr": "Mode", "en": "Mode"},
    "explain_service": {"fr": "Prestation", "en": "Service"},
    "explain_period": {"fr": "Période", "en": "Period"},
    "explain_due": {"fr": "Échéance", "en": "Due date"},
    "explain_amount": {"fr": "Montant HT", "en": "Net amount"},
    "explain_vat": {"fr": "TVA", "en": "VAT"},
    "explain_status": {"fr": "État", "en": "Status"},
    "explain_calculation": {
        "fr": "{quantity} {unit} × {price} {discount} = {amount}",
        "en": "{quantity} {unit} × {price} {discount} = {amount}",
    },
    "explain_discount": {"fr": "− {rate} %", "en": "− {rate} %"},
    "explain_manual": {"fr": "saisi à la main", "en": "manual"},
    "explain_evidence": {"fr": "D'où vient ce montant", "en": "Where this amount comes from"},
    "explain_no_evidence": {"fr": "Aucune ligne source.", "en": "No source row."},
    "explain_sum": {
        "fr": "Recalcul : {calculation} = {total}, le montant de la ligne.",
        "en": "Worked out again: {calculation} = {total}, the line's amount.",
    },
    "explain_sum_differs": {
        "fr": "Recalcul : {calculation} = {total} ≠ {amount}, le montant de la ligne : défaut de prefact, signalez-le.",
        "en": "Worked out again: {calculation} = {total} ≠ {amount}, the line's amount: a fault of prefact, report it.",
    },
    "explain_unknown_sum": {
        "fr": "Le montant ne peut pas être calculé : il manque un prix, un taux ou un montant.",
        "en": "The amount cannot be worked out: a price, a rate or an amount is missing.",
    },
    "explain_validation": {
        "fr": "Validée le {moment} par {person} ({month}, maillon {seq}, entrées {fingerprint})",
        "en": "Validated on {moment} by {person} ({month}, link {seq}, input {fingerprint})",
    },
    "explain_export": {
        "fr": "Exportée le {moment} par {person} ({month}, maillon {seq}, lot {batch})",
        "en": "Exported on {moment} by {person} ({month}, link {seq}, batch {batch})",
    },
    "explain_left_out": {
        "fr": "La ligne {key} n'est pas facturée : une personne l'a écartée ou reportée.",
        "en": "The line {key} is not billed: a person left it out or put it off.",
    },
    "explain_adjustments": {"fr": "Ce qu'on a décidé de cette ligne", "en": "What was decided of this line"},
    "explain_adjustment": {
        "fr": "{id} · {what} · {reason} · {author}",
        "en": "{id} · {what} · {reason} · {author}",
    },
    "adjustment_EXCLUDE": {"fr": "écarter", "en": "exclude"},
    "adjustment_POSTPONE": {"fr": "reporter à {value}", "en": "put off until {value}"},
    "adjustment_DISCOUNT_PCT": {"fr": "remise de {value} %", "en": "discount of {value} %"},
    "adjustment_SET_AMOUNT": {"fr": "fixer à {value} € HT", "en": "set to {value} € net"},
    "adjustment_NO_ACCUMULATION_CHECK": {
        "fr": "facturer sans contrôle des cumuls des forfaits",
        "en": "bill without the check of counts and accumulations",
    },
    "explain_corrections": {"fr": "Ce qui a été corrigé dans les entrées", "en": "What was corrected in the input"},
    "explain_correction": {
        "fr": "{id} : {table} {key}, {column} : {old} → {new} ({reason}, {author}{since})",
        "en": "{id}: {table} {key}, {column}: {old} → {new} ({reason}, {author}{since})",
    },
    "explain_since": {"fr": ", à partir du {day}", "en": ", from {day} on"},
    "adjustment_replaced": {"fr": " (remplacé par le suivant)", "en": " (replaced by the next one)"},
    "explain_adjusts": {
        "fr": "Cette ligne corrige {key}, avec :",
        "en": "This line corrects {key}, together with:",
    },
    "explain_adjusted": {
        "fr": "Corrigée depuis par :",
        "en": "Corrected since by:",
    },
    "explain_held": {"fr": "Ce qui retient cette ligne", "en": "What holds this line"},
    "explain_case": {
        "fr": "attendu : {expected} ; constaté : {actual}",
        "en": "expected: {expected}; found: {actual}",
    },
    "explain_remedy": {"fr": "À faire : {remedy}", "en": "To do: {remedy}"},
    "line_READY": {"fr": "prête", "en": "ready"},
    "line_HELD": {"fr": "retenue", "en": "held"},
    "line_VALIDATED": {"fr": "validée", "en": "validated"},
    "line_EXPORTED": {"fr": "exportée", "en": "exported"},
    "ui_serving": {
        "fr": "Interface Dagster : {url}  (Ctrl-C pour arrêter)",
        "en": "Dagster interface: {url}  (Ctrl-C to stop)",
    },
    # --- help -----------------------------------------------------------------------------------------------------
    "map_none": {
        "fr": "Tous les projets et utilisateurs des outils de suivi des temps ont leur correspondance.",
        "en": "Every project and user of the time trackers is mapped.",
    },
    "map_project_map": {
        "fr": "Projets sans mission : {count} ({time}) ; mission proposée pour {proposed}.",
        "en": "Projects without a mission: {count} ({time}); a mission proposed for {proposed}.",
    },
    "map_user_map": {
        "fr": "Utilisateurs sans collaborateur : {count} ({time}) ; collaborateur proposé pour {proposed}.",
        "en": "Users without a collaborator: {count} ({time}); a collaborator proposed for {proposed}.",
    },
    "map_headers_project_map": {
        "fr": "Outil|Client|Projet|Tâche|Temps|Mission|Ressemblance|Ce que c'est",
        "en": "Tool|Client|Project|Task|Time|Mission|Likeness|What it is",
    },
    "map_headers_user_map": {
        "fr": "Outil|Utilisateur|Dans le registre|Temps|Collaborateur|Ressemblance|Qui c'est",
        "en": "Tool|User|In the register|Time|Collaborator|Likeness|Who it is",
    },
    "map_written": {"fr": "Prêt à relire : {path}", "en": "Ready for review: {path}"},
    "map_next": {
        "fr": "Relisez ces fichiers, remplacez ce qui est faux, complétez ce qui est vide, puis déplacez-les dans "
        "inbox/ et relancez le mois. Rien n'est appliqué d'ici là.",
        "en": "Read these files, replace what is wrong, fill in what is blank, then move them into inbox/ and run the "
        "month again. Nothing is applied until then.",
    },
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
    "help_validate": {
        "fr": "Valide les lignes prêtes d'un mois ou d'une plage : elles ne changeront plus jamais.",
        "en": "Validates the ready lines of a month or a range: they never change again.",
    },
    "help_client_file": {
        "fr": "Seulement ce dossier (client_file_id) ; peut être répété.",
        "en": "Only this client file (client_file_id); may be repeated.",
    },
    "help_client": {
        "fr": "Seulement les dossiers de ce client (client_id) ; peut être répété.",
        "en": "Only the client files of this client (client_id); may be repeated.",
    },
    "help_contract": {
        "fr": "Seulement ce que facture ce contrat (contract_id) ; peut être répété.",
        "en": "Only what this contract bills (contract_id); may be repeated.",
    },
    "help_export": {
        "fr": "Remet les lignes validées au logiciel de facturation : un lot dans exports/, celles d'avant exceptées.",
        "en": "Hands the validated lines over to the invoicing software: a batch in exports/, without those of before.",
    },
    "help_formats": {
        "fr": "Formats du lot, séparés par des virgules.",
        "en": "Formats of the batch, separated by commas.",
    },
    "help_forecast": {
        "fr": "Montre ce qui sera facturé après le dernier mois calculé : échéanciers, et moyennes du passé.",
        "en": "Shows what will be billed after the latest month run: schedules, and means of the past.",
    },
    "help_months": {"fr": "Nombre de mois.", "en": "Number of months."},
    "help_map": {
        "fr": "Propose à quoi correspondent les projets et utilisateurs des outils de suivi des temps ; n'applique "
        "rien.",
        "en": "Proposes what the projects and users of time trackers stand for; applies nothing.",
    },
    "help_confirm": {
        "fr": "Montre les lettres lues dans un PDF qui attendent, ou confirme celle qu'on nomme.",
        "en": "Shows the letters read from a PDF that wait, or confirms the one named.",
    },
    "help_letter_version": {
        "fr": "version de la lettre, quand plusieurs attendent",
        "en": "version, where several wait",
    },
    "metavar_document": {"fr": "[LETTRE]", "en": "[LETTER]"},
    "help_rebuild": {
        "fr": "Refait l'entrepôt à partir du grand livre, de l'archive et d'inbox/, après les avoir vérifiés.",
        "en": "Makes the warehouse anew from the ledger, the archive and inbox/, once they are checked.",
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
    "help_propose": {
        "fr": "Écrit les corrections qui répareraient les anomalies des contrats, à relire ; ne les applique pas.",
        "en": "Write the corrections that would mend the anomalies of contracts, for review; applies nothing.",
    },
    "help_what_if": {
        "fr": "Montre le mois tel qu'il serait avec ces corrections, à côté de l'actuel, sans rien changer.",
        "en": "Show the month as it would be with these corrections, next to the current one, and change nothing.",
    },
    "metavar_file": {"fr": "FICHIER", "en": "FILE"},
    "propose_none": {
        "fr": "{month} : aucune anomalie ouverte n'a de correction toute faite.",
        "en": "{month}: no open anomaly has a ready-made correction.",
    },
    "propose_done": {
        "fr": "{month} : {rows} correction(s) proposée(s) pour {subjects} anomalie(s), à relire dans\n  {file}\n"
        "Rien n'est appliqué. Complétez ce qui vaut « ? », ôtez ce que vous ne voulez pas, puis regardez l'effet avec\n"
        "  prefact run {month} --what-if {file}\net déplacez le fichier dans {inbox} pour l'appliquer.",
        "en": "{month}: {rows} correction(s) proposed for {subjects} anomaly(ies), to review in\n  {file}\n"
        "Nothing is applied. Fill in what reads “?”, take out what you do not want, look at the effect with\n"
        "  prefact run {month} --what-if {file}\nand move the file into {inbox} to apply it.",
    },
    "what_if_no_file": {
        "fr": "Aucun fichier {file}. Donnez un fichier de corrections, par exemple celui que "
        "« prefact anomalies --propose » écrit.",
        "en": "There is no file {file}. Give a file of corrections, for instance the one that "
        "`prefact anomalies --propose` writes.",
    },
    "what_if_validated": {
        "fr": "{month} est validé : aucune correction n'y change plus rien. Essayez-la sur le premier mois ouvert.",
        "en": "{month} is validated: no correction changes anything in it any more. Try it on the first open month.",
    },
    "what_if_title": {
        "fr": "{month} avec {file}, sans rien changer :",
        "en": "{month} with {file}, nothing changed:",
    },
    "what_if_line": {"fr": "Ligne", "en": "Line"},
    "what_if_now": {"fr": "Aujourd'hui", "en": "Today"},
    "what_if_then": {"fr": "Avec les corrections", "en": "With the corrections"},
    "what_if_total": {
        "fr": "À facturer : {now} aujourd'hui, {then} avec les corrections ({change}).",
        "en": "To be billed: {now} today, {then} with the corrections ({change}).",
    },
    "what_if_mended": {"fr": "Anomalies levées : {list}", "en": "Anomalies mended: {list}"},
    "what_if_raised": {"fr": "Anomalies nouvelles : {list}", "en": "New anomalies: {list}"},
    "what_if_same": {
        "fr": "Rien ne change : ni les lignes, ni les anomalies.",
        "en": "Nothing changes: neither the lines nor the anomalies.",
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
    "metavar_id": {"fr": "ID", "en": "ID"},
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
