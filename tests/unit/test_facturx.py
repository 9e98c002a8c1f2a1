"""Drafts in the CII of EN 16931: to the cent, with signs as the norm wants them, and never an invoice."""

from __future__ import annotations

import re
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from importlib.util import find_spec
from typing import Any
from xml.etree import ElementTree

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets import facturx
from assets.exports import ExportError
from assets.facturx import NAMESPACES, Checker, Draft, Seller, build_drafts, draft_faults
from assets.ledger import TABLES
from tests.unit.exporting import CLIENTS, Firm, fill, line

SELLER = Seller(
    name="Cabinet Martin",
    siren="552 100 554",
    vat_number="FR51552100554",
    address="2 quai Sud",
    postal_code="44000",
    city="Nantes",
    einvoice_address="0225:552100554",
)
BUYER = {name: value for name, value in CLIENTS[0].items() if name != "client_id"}
COLUMNS = TABLES["export_line"]
needs_extra = pytest.mark.skipif(
    any(find_spec(name) is None for name in ("facturx", "lxml", "saxonche")),
    reason="the official schema and schematrons come with the optional extra: pip install 'prefact[facturx]'",
)


def row(net: str = "100.00", **other: Any) -> dict[str, Any]:
    """A row of a batch."""
    known = {name: value for name, value in line("L", net).items() if name in COLUMNS}
    return {**known, **BUYER, "group_no": 1, "draft_ref": "BROUILLON-2025-01-001-0001", "batch_id": "B", **other}


def drafts(*rows: dict[str, Any], seller: Seller = SELLER, language: str = "fr") -> list[Draft]:
    with duckdb.connect() as connection:
        definition = ", ".join(f'"{name}" {kind}' for name, kind in COLUMNS.items())
        connection.execute(f"create temp table batch_line ({definition})")
        fill(connection, "batch_line", COLUMNS, [{"position": place, **each} for place, each in enumerate(rows, 1)])
        return list(build_drafts(connection, "2025-01", language, seller))


def texts(draft: Draft, name: str) -> list[str]:
    """Texts of every element of that name, in order."""
    return [element.text for element in ElementTree.fromstring(draft.content).iter(f"{{{facturx.RAM}}}{name}")]


def find(draft: Draft, path: str) -> str | None:
    steps = "/".join(f"ram:{name}" for name in path.split("/"))
    return ElementTree.fromstring(draft.content).findtext(f".//{steps}", namespaces=NAMESPACES)


def test_totals_are_exact_and_vat_is_per_rate():
    (draft,) = drafts(row("1.24", vat_rate="10", vat_code="R"), row("1.24", vat_rate="10", vat_code="R"), row("363.34"))
    assert draft_faults(draft, "fr") == []
    assert texts(draft, "CalculatedAmount") == ["0.25", "72.67"]
    assert find(draft, "SpecifiedTradeSettlementHeaderMonetarySummation/LineTotalAmount") == "365.82"
    assert find(draft, "GrandTotalAmount") == find(draft, "DuePayableAmount") == "438.74"


def test_it_is_a_draft_and_has_no_invoice_number():
    (draft,) = drafts(row())
    root = ElementTree.fromstring(draft.content)
    document = root.find("rsm:ExchangedDocument", NAMESPACES)
    assert document.findtext("ram:ID", namespaces=NAMESPACES) == "BROUILLON-2025-01-001-0001"
    assert document.findtext("ram:TypeCode", namespaces=NAMESPACES) == "380"
    assert texts(draft, "Content")[0].startswith("BROUILLON")
    assert texts(drafts(row(), language="en")[0], "Content")[0].startswith("DRAFT")
    assert texts(draft, "SubjectCode") == ["PMT", "PMD", "AAB"]


def test_a_client_file_has_one_draft_and_its_lines_in_order():
    found = drafts(row(client_file_id="D1"), row("2.00", client_file_id="D2", group_no=2), row("3.00"))
    assert [draft.name for draft in found] == ["0001_D1.xml", "0002_D2.xml"]
    assert [texts(draft, "LineID") for draft in found] == [["1", "2"], ["1"]]


def test_a_group_that_is_owed_money_is_a_credit_note_with_its_signs_turned():
    (draft,) = drafts(
        row("-120.00", quantity="-1", unit_price="120.00", adjusts_draft_ref="BROUILLON-2024-12-001-0003"),
        row("20.00"),
    )
    assert draft_faults(draft, "fr") == []
    assert texts(draft, "TypeCode")[0] == "381"
    assert texts(draft, "BilledQuantity") == ["1.0000", "-1.0000"]
    assert texts(draft, "ChargeAmount") == ["120.000000", "20.000000"]
    assert find(draft, "GrandTotalAmount") == "120.00"
    assert find(draft, "InvoiceReferencedDocument/IssuerAssignedID") == "BROUILLON-2024-12-001-0003"
    assert b'<qdt:DateTimeString format="102">20241231<' in draft.content


def test_a_delta_in_an_invoice_keeps_its_negative_quantity_and_names_what_it_corrects():
    (draft,) = drafts(
        row("-20.00", quantity="-1", unit_price="20.00", adjusts_draft_ref="BROUILLON-2024-11-002-0001"), row("50.00")
    )
    assert texts(draft, "TypeCode")[0] == "380"
    assert texts(draft, "BilledQuantity") == ["-1.0000", "1.0000"]
    assert find(draft, "InvoiceReferencedDocument/IssuerAssignedID") == "BROUILLON-2024-11-002-0001"


def test_a_negative_price_becomes_a_negative_quantity():
    (draft,) = drafts(row("-30.00", quantity="1", unit_price="-30.00"), row("50.00"))
    assert texts(draft, "ChargeAmount") == ["30.000000", "50.000000"]
    assert texts(draft, "BilledQuantity") == ["-1.0000", "1.0000"]
    assert draft_faults(draft, "fr") == []


@pytest.mark.parametrize(
    ("values", "is_charge", "amount", "reason"),
    [
        ({"net": "225.00", "quantity": "10", "unit_price": "25", "discount_pct": "10"}, "false", "25.00",
         "Remise de 10 %"),
        ({"net": "96.25", "unit_price": "100", "discount_pct": "3.75"}, "false", "3.75", "Remise de 3,75 %"),
        ({"net": "-90.00", "quantity": "-1", "unit_price": "100", "discount_pct": "10"}, "true", "10.00",
         "Annulation de la remise de 10 %"),
        ({"net": "80.00", "unit_price": "100"}, "false", "20.00", "Ajustement du montant de la ligne"),
        ({"net": "130.00", "unit_price": "100"}, "true", "30.00", "Ajustement du montant de la ligne"),
        ({"net": "2.50", "quantity": "0.0167", "unit_price": "150"}, "false", "0.01",
         "Ajustement du montant de la ligne"),
    ],
)  # fmt: skip
def test_what_quantity_and_price_do_not_explain_is_an_allowance_or_a_charge(values, is_charge, amount, reason):
    # The second line keeps the sum positive, so that signs stay as they are.
    (draft,) = drafts(row(**values), row("1000.00"))
    root = ElementTree.fromstring(draft.content)
    (allowance,) = root.findall(".//ram:SpecifiedTradeAllowanceCharge", NAMESPACES)
    assert allowance.findtext("ram:ChargeIndicator/udt:Indicator", namespaces=NAMESPACES) == is_charge
    assert allowance.findtext("ram:ActualAmount", namespaces=NAMESPACES) == amount
    assert allowance.findtext("ram:Reason", namespaces=NAMESPACES) == reason
    assert draft_faults(draft, "fr") == []


def test_a_line_without_unit_price_is_one_of_its_amount():
    (draft,) = drafts(row("12.34", quantity=None, unit_price=None), row("-2.00", unit_price=None))
    assert texts(draft, "BilledQuantity") == ["1.0000", "-1.0000"]
    assert texts(draft, "ChargeAmount") == ["12.340000", "2.000000"]
    assert draft_faults(draft, "fr") == []


@pytest.mark.parametrize(
    ("rate", "category", "shown"),
    [("20", None, "S"), ("0", None, "E"), ("0", "ae", "AE"), ("0", " K ", "K"), ("20", "whatever", "S")],
)
def test_the_vat_category_is_that_of_the_rate_unless_given(rate, category, shown):
    (draft,) = drafts(row(vat_rate=rate, vat_category=category, vat_mention="Autoliquidation"))
    assert set(texts(draft, "CategoryCode")) == {shown}
    assert texts(draft, "ExemptionReason") == ([] if shown == "S" else ["Autoliquidation"])


def test_an_exemption_without_its_mention_says_that_it_is_to_be_completed():
    (draft,) = drafts(row(vat_rate="0", vat_code="EXO"))
    assert texts(draft, "ExemptionReason") == ["Mention d'exonération à compléter (code TVA EXO)"]


def test_two_codes_of_one_rate_are_one_rate_of_the_draft():
    (draft,) = drafts(row("0.13", vat_code="N"), row("0.13", vat_code="M"))
    assert texts(draft, "CalculatedAmount") == ["0.05"]
    assert draft_faults(draft, "fr") == []


def test_the_delivery_date_is_the_end_of_the_service_period_else_of_the_month():
    delivery = ".//ram:ActualDeliverySupplyChainEvent/ram:OccurrenceDateTime/udt:DateTimeString"

    def delivered(*rows):
        return ElementTree.fromstring(drafts(*rows)[0].content).findtext(delivery, namespaces=NAMESPACES)

    assert delivered(row(period_end=date(2024, 12, 31)), row(period_end=None)) == "20241231"
    assert delivered(row(period_start=None, period_end=None)) == "20250131"


def test_payment_terms_are_those_of_the_client():
    terms = "SpecifiedTradePaymentTerms/Description"
    assert find(drafts(row())[0], terms) == "Paiement à 30 jours"
    assert find(drafts(row(payment_terms_days=None))[0], terms).startswith("Échéance à compléter")


@pytest.mark.parametrize(
    "text",
    ["<a>&]]>", "\x00\x07\x1b", "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"), "\"'", "=1+1"],
)
def test_any_text_gives_well_formed_xml(text):
    (draft,) = drafts(row(label=text, legal_name=text, client_file_id=text, address=text, city=text))
    (name,) = {element for element in texts(draft, "Name") if element not in (SELLER.name,)}
    assert name == facturx._NOT_XML.sub(" ", text)


@pytest.mark.parametrize(
    "identifier", ["../../etc/passwd", "a/b\\c", "C:\\x", ".", "..", "", None, "é" * 300, "-rf", "nul\n"]
)
def test_an_identifier_cannot_lead_a_draft_out_of_its_folder(identifier):
    (draft,) = drafts(row(client_file_id=identifier, client_id=identifier))
    assert re.fullmatch(r"0001(_[A-Za-z0-9][A-Za-z0-9._-]*)?\.xml", draft.name)
    assert len(draft.name) < 80


def test_neither_line_keys_nor_collaborators_reach_the_client():
    (draft,) = drafts(row(line_key="TIME|M1|ALICE|90.000000|2025-01", batch_id="2025-01-001-abc", position=7))
    assert b"ALICE" not in draft.content
    assert (
        find(draft, "SpecifiedLineTradeSettlement/AdditionalReferencedDocument/IssuerAssignedID") == "2025-01-001-abc/7"
    )


AMOUNT = st.decimals("-99999", "99999", places=2)


@st.composite
def rows(draw) -> dict[str, Any]:
    return row(
        str(draw(AMOUNT)),
        quantity=draw(st.none() | st.decimals("-500", "500", places=4).map(str)),
        unit_price=draw(st.none() | st.decimals("-5000", "5000", places=6).map(str)),
        discount_pct=draw(st.none() | st.decimals("0", "100", places=4).map(str)),
        vat_rate=draw(st.sampled_from(["0", "2.1", "5.5", "10", "20"])),
        group_no=draw(st.integers(1, 3)),
    )


@settings(max_examples=40, deadline=None)
@given(st.lists(rows(), min_size=1, max_size=12))
def test_any_batch_adds_up_to_the_cent_and_no_price_is_negative(batch):
    found = drafts(*batch)
    assert len(found) == len({each["group_no"] for each in batch})
    for draft, group in zip(found, sorted({each["group_no"] for each in batch}), strict=True):
        assert draft_faults(draft, "en") == []
        of_group = [each for each in batch if each["group_no"] == group]
        bases: dict[str, Decimal] = {}
        for each in of_group:
            bases[each["vat_rate"]] = bases.get(each["vat_rate"], Decimal(0)) + Decimal(each["amount_net"])
        cents = Decimal("0.01")
        vat = sum((base * Decimal(rate) / 100).quantize(cents, ROUND_HALF_UP) for rate, base in bases.items())
        assert Decimal(find(draft, "GrandTotalAmount")) == abs(sum(bases.values()) + vat)
        assert all(Decimal(price) >= 0 for price in texts(draft, "ChargeAmount"))


@pytest.mark.parametrize(
    "name",
    [
        "LineTotalAmount",
        "CalculatedAmount",
        "BasisAmount",
        "TaxBasisTotalAmount",
        "TaxTotalAmount",
        "GrandTotalAmount",
        "DuePayableAmount",
        "ActualAmount",
        "ChargeAmount",
        "BilledQuantity",
    ],
)
def test_a_wrong_cent_anywhere_is_found(name):
    (draft,) = drafts(row("225.00", quantity="10", unit_price="25", discount_pct="10"), row("1.24", vat_rate="10"))
    places = len(texts(draft, name))
    assert places
    for place in range(places):
        root = ElementTree.fromstring(draft.content)
        element = list(root.iter(f"{{{facturx.RAM}}}{name}"))[place]
        element.text = str(Decimal(element.text) + Decimal("0.01"))
        assert draft_faults(Draft(draft.name, ElementTree.tostring(root), draft.net), "fr")


def test_decimals_too_many_and_a_negative_price_are_found():
    (draft,) = drafts(row())
    wrong = draft.content.replace(b"<ram:ChargeAmount>100.000000<", b"<ram:ChargeAmount>-100.0000001<")
    said = draft_faults(Draft(draft.name, wrong, draft.net), "en")
    assert any("too many decimals" in each for each in said) and any("negative price" in each for each in said)


def test_without_the_extra_the_command_to_install_it_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(facturx, "find_spec", lambda name: None)
    firm = Firm(tmp_path)
    firm.validate(line("L1"))
    with pytest.raises(ExportError, match=r"pip install 'prefact\[facturx\]'"):
        firm.export("csv", "facturx")
    assert not (tmp_path / "exports").exists()
    assert len(firm.links()) == 1


def test_every_sentence_exists_in_both_languages():
    assert all(set(each) == {"fr", "en"} for each in facturx.TEXTS.values())


@pytest.fixture(scope="module")
def checker() -> Checker:
    return Checker("en")


OFFICIAL = {
    "two rates": [row(), row("1.24", vat_rate="10", unit="copie")],
    "discount": [row("225.00", quantity="10", unit_price="25", discount_pct="10")],
    "time": [row("2.50", quantity="0.0167", unit="heure", unit_price="150")],
    "credit note": [row("-120.00", quantity="-1", unit_price="120", adjusts_draft_ref="BROUILLON-2024-12-001-0003")],
    "delta": [row("-20.00", unit_price="-20", adjusts_draft_ref="BROUILLON-2024-11-002-0001"), row("50.00")],
    "exempt": [row(vat_rate="0", vat_category="E", vat_mention="TVA non applicable, art. 261 du CGI")],
    "exempt and not": [row(vat_rate="0"), row("5.00")],
    "zero": [row("0.00"), row("0.00", quantity="0", unit_price="25")],
    "bare": [row(period_start=None, period_end=None, payment_terms_days=None, label="<&>")],
}


@needs_extra
@pytest.mark.parametrize("batch", OFFICIAL.values(), ids=OFFICIAL)
def test_the_official_rules_find_nothing_to_say(checker, batch):
    (draft,) = drafts(*batch)
    assert draft_faults(draft, "en") == []
    assert checker.schema_faults(draft.content) == []
    assert checker.missing(draft.content) == []


@needs_extra
def test_what_a_draft_lacks_is_reported_and_does_not_keep_it_from_leaving(tmp_path):
    firm = Firm(tmp_path)
    firm.validate(line("L1"), line("L2", client_id="C2", client_file_id="D2"))
    report = firm.export("csv", "facturx", seller=SELLER)
    (lacking,) = report.to_complete
    assert "BT-49" in lacking[0] and [name[-11:] for name in lacking[1]] == ["0002_D2.xml"]
    assert sum(name.endswith(".xml") for name in firm.files()) == 2
    assert any("2 brouillons" in said for said in report.sentences("fr"))


@needs_extra
def test_drafts_are_made_again_with_the_seller_of_their_batch(tmp_path):
    firm = Firm(tmp_path)
    firm.validate(line("L1"))
    firm.export("facturx", seller=SELLER)
    before = firm.files()
    next((tmp_path / "exports").rglob("*.xml")).unlink()
    firm.export("facturx", seller=Seller(name="Someone else"))
    assert firm.files() == before


@needs_extra
def test_the_official_schema_refuses_what_is_no_invoice(checker):
    assert checker.schema_faults(b"<a/>")
