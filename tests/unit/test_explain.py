"""What `prefact explain` says of a line."""

from datetime import date
from decimal import Decimal

import pytest

from assets.validation import MODES
from orchestration.explain import line_lines
from orchestration.texts import LANGUAGES, say

TRUE_UP = {
    "line_key": "TRUEUP|R-1|2026-03-01",
    "label": "Copies",
    "month": "2026-03",
    "origin_month": "2026-03",
    "client_id": "C-1",
    "client_file_id": None,
    "mission_id": None,
    "fy_label": None,
    "contract_id": "K-1",
    "rule_id": "R-1",
    "billing_mode": "TRUE_UP",
    "service_code": "COPIES",
    "period_start": date(2025, 3, 1),
    "period_end": date(2026, 2, 28),
    "due_date": date(2026, 3, 1),
    "quantity": Decimal("1250.0000"),
    "unit": None,
    "unit_price": Decimal("0.008000"),
    "discount_pct": None,
    "amount_net": Decimal("10.00"),
    "vat_rate": Decimal("20.0000"),
    "vat_code": "FR20",
    "status": "READY",
    "held_by": None,
}


def test_a_line_of_a_contract_names_contract_and_rule_in_place_of_the_mission():
    shown = dict(line.split("  ", 1) for line in line_lines(TRUE_UP, "fr"))
    shown = {label.strip(): value.strip() for label, value in shown.items()}
    assert shown["Contrat / règle"] == "K-1 / R-1"
    assert shown["Mode"] == "Régularisation (TRUE_UP)"
    assert not any(label.startswith("Mission") for label in shown)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_billing_mode_has_its_words(mode, language):
    assert say(language, f"mode_{mode}").endswith(f"({mode})")
