"""The pages `docs/rules.fr.md` and `docs/rules.en.md`, written from the catalogue of rules.

`python -m expectations.rule_docs` writes them; a test fails when they no longer say what the catalogue says.
"""

from pathlib import Path

from expectations.rules import LANGUAGES, Rule, Text, mark_names, rule_specs

FOLDER = Path(__file__).parent.parent / "docs"

TEXTS = {
    "fr": {
        "title": "Les règles et leurs anomalies",
        "generated": "Tirée de expectations/catalogue/ par `python -m expectations.rule_docs` ; ne pas la modifier.",
        "intro": (
            "Chaque règle regarde des cas un par un et compare deux faits, ou un fait et une borne. Un cas qui ne "
            "tient pas devient une anomalie du registre, avec l'attendu, le trouvé, le montant en jeu, le remède et la "
            "personne qui agit. Une anomalie **critique** retient les lignes qu'elle touche ; une **alerte** et "
            "une **information** ne retiennent rien. La gravité indiquée est la plus forte que la règle puisse donner. "
            "Une dérogation (table `waiver`) fait passer une anomalie à ACCEPTED jusqu'à son terme."
        ),
        "columns": ("Code", "Règle", "Gravité", "Objet", "Qui agit"),
        "severity": {"critical": "critique", "warning": "alerte", "info": "information"},
        "what": "Ce qui est contrôlé",
        "why": "Pourquoi",
        "example": "Exemple",
        "remedy": "Remède",
        "owner": "Qui agit",
        "stake": "Montant en jeu",
        "checks": "Contrôles",
        "check_columns": ("Contrôle", "Compare", "Table", "Expectation"),
    },
    "en": {
        "title": "The rules and their anomalies",
        "generated": "Written from expectations/catalogue/ by `python -m expectations.rule_docs`; not to be edited.",
        "intro": (
            "Every rule looks at cases one by one and compares two facts, or a fact with a bound. A case that does not "
            "hold becomes an anomaly of the register, with what was expected, what was found, the money at stake, the "
            "remedy and the person who acts. A **critical** anomaly holds the lines it touches; a **warning** and an "
            "**info** hold nothing. The severity given is the gravest the rule can raise. A waiver (table `waiver`) "
            "turns an anomaly into ACCEPTED until it ends."
        ),
        "columns": ("Code", "Rule", "Severity", "Subject", "Who acts"),
        "severity": {"critical": "critical", "warning": "warning", "info": "info"},
        "what": "What",
        "why": "Why",
        "example": "Example",
        "remedy": "Remedy",
        "owner": "Who acts",
        "stake": "Money at stake",
        "checks": "Checks",
        "check_columns": ("Check", "Compares", "Table", "Expectation"),
    },
}


def render(language: str, rules: tuple[Rule, ...] | None = None) -> str:
    """The page of one language: an index, then four parts for each rule."""
    words = TEXTS[language]
    rules = rule_specs() if rules is None else rules
    index = [
        f"[{rule.code}](#{_anchor(rule.code)}) | {rule.title[language]} | {words['severity'][rule.severity]} | "
        f"`{rule.subject_type}` | {rule.owner[language]}"
        for rule in rules
    ]
    sections = [_section(rule, language) for rule in rules]
    page = [f"# {words['title']}", f"<!-- {words['generated']} -->", words["intro"], _table(words["columns"], index)]
    return "\n\n".join([*page, *sections]) + "\n"


def write(folder: Path = FOLDER) -> list[Path]:
    """Write both pages and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for language in LANGUAGES:
        path = folder / f"rules.{language}.md"
        path.write_text(render(language), encoding="utf-8")
        paths.append(path)
    return paths


def _section(rule: Rule, language: str) -> str:
    words = TEXTS[language]
    checks = [
        f"`{check.id}` | {check.compares[language]} | `{check.table}` | `{check.expectation}`" for check in rule.checks
    ]
    return "\n\n".join(
        [
            f'## <a id="{_anchor(rule.code)}"></a>{rule.code} · {rule.title[language]}',
            *(
                f"**{words[part]}.** {_prose(getattr(rule, part), language)}"
                for part in ("what", "why", "example", "remedy")
            ),
            f"**{words['owner']}.** {rule.owner[language]}.",
            f"**{words['stake']}.** {_prose(rule.stake, language)}",
            _table(words["check_columns"], checks),
        ]
    )


def _prose(text: Text, language: str) -> str:
    return mark_names(text[language], "`", "`")


def _table(columns: tuple[str, ...], rows: list[str]) -> str:
    return "\n".join([f"| {' | '.join(columns)} |", f"|{' --- |' * len(columns)}", *(f"| {row} |" for row in rows)])


def _anchor(code: str) -> str:
    return code.lower()


if __name__ == "__main__":
    for written in write():
        print(written)
