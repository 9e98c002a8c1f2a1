"""Stories about reference data: rates and prices (FI-09), identities (FI-19), VAT (FI-22), and people's decisions."""

from __future__ import annotations

from datetime import date, timedelta

from assets.demo.catalogue import add_service
from assets.demo.dates import month_end, shift
from assets.demo.firm import day_before
from assets.demo.scene import CRITICAL, WARNING, Scene, story


def _spells(scene: Scene, kind: str) -> list[tuple[date, date | None]]:
    """Two validities that meet (`clean`), overlap, or leave a month between them, around two months ago."""
    start, change = date(scene.month.year - 2, 1, 1), shift(scene.month, -2)
    end = {"clean": day_before(change), "overlap": None, "gap": month_end(shift(scene.month, -4))}[kind]
    return [(start, end), (change, None)]


@story
def own_rates_overlap(scene: Scene) -> None:
    """A collaborator's old rate was left open under the new one; the twin's ended the day before."""
    for kind in ("overlap", "clean"):
        person = scene.person()
        for cents, (start, end) in zip((8800, 9100), _spells(scene, kind), strict=True):
            scene.own_rate(person, cents, start, end)
        subject = f"{person.collaborator_id}|||"
        if kind == "clean":
            scene.spares("FI-09", subject)
        else:
            scene.raises("FI-09", subject, WARNING, "Ancien taux du collaborateur resté ouvert sous le nouveau")


@story
def agreed_rates_leave_a_gap(scene: Scene) -> None:
    """A rate agreed with a client leaves a gap; the twins meet, though a narrower scope overlaps them."""
    dossier, other = scene.dossier(), scene.dossier()
    for file_id, kind in ((dossier.file_id, "gap"), (other.file_id, "clean")):
        for price, (start, end) in zip(("99.00", "104.00"), _spells(scene, kind), strict=True):
            scene.firm.add(
                "selling_rate",
                grade="MANAGER",
                client_file_id=file_id,
                valid_from=start,
                valid_to=end,
                hourly_price=price,
            )
    scene.firm.add(
        "selling_rate",
        grade="MANAGER",
        client_file_id=other.file_id,
        mission_code="CONSEIL",
        valid_from=shift(scene.month, -3),
        hourly_price="120.00",
    )
    note = "Deux mois sans taux convenu entre l'ancien et le nouveau"
    scene.raises("FI-09", f"|MANAGER|{dossier.file_id}|", WARNING, note)
    scene.spares("FI-09", f"|MANAGER|{other.file_id}|", f"|MANAGER|{other.file_id}|CONSEIL")


@story
def prices_out_of_step(scene: Scene) -> None:
    """Catalogue prices overlap or leave a gap; the twin's two tiers meet from one year to the next."""
    notes = {"overlap": "Deux prix du catalogue valables à la fois", "gap": "Deux mois sans prix au catalogue"}
    for code, kind in (("NUMERISATION", "overlap"), ("ARCHIVAGE", "gap"), ("COFFRE_FORT", "clean")):
        add_service(scene.firm, code, f"{code.capitalize().replace('_', '-')} de documents")
        for step, (start, end) in enumerate(_spells(scene, kind)):
            for up_to in ("100", None) if kind == "clean" else (None,):
                price = f"{step + (3 if up_to else 2)}.50"
                scene.firm.add(
                    "price", service_code=code, valid_from=start, up_to=up_to, valid_to=end, unit_price=price
                )
        if kind == "clean":
            scene.spares("FI-09", code)
        else:
            scene.raises("FI-09", code, WARNING, notes[kind])


@story
def client_prices_out_of_step(scene: Scene) -> None:
    """Prices agreed with a client overlap or leave a gap; the twin's meet."""
    notes = {"overlap": "Deux prix client valables à la fois", "gap": "Deux mois sans le prix convenu avec le client"}
    for kind in ("overlap", "gap", "clean"):
        dossier = scene.dossier()
        for discount, (start, end) in zip(("5", "8"), _spells(scene, kind), strict=True):
            scene.firm.add(
                "client_price",
                client_file_id=dossier.file_id,
                service_code="FORMATION",
                valid_from=start,
                valid_to=end,
                discount_pct=discount,
            )
        subject = f"{dossier.file_id}|FORMATION"
        if kind == "clean":
            scene.spares("FI-09", subject)
        else:
            scene.raises("FI-09", subject, WARNING, notes[kind])


@story
def vat_rates_out_of_step(scene: Scene) -> None:
    """VAT rates of the overseas departments overlap or leave a gap; the twin's meet."""
    notes = {"overlap": "Deux taux de TVA valables à la fois", "gap": "Deux mois sans taux de TVA"}
    for code, kind in (("TVA085", "overlap"), ("TVA021", "gap"), ("TVA175", "clean")):
        for rate, (start, end) in zip(("8.5", "8.6"), _spells(scene, kind), strict=True):
            scene.firm.add("vat_rate", vat_code=code, valid_from=start, valid_to=end, rate=rate, category="S")
        if kind == "clean":
            scene.spares("FI-09", code)
        else:
            scene.raises("FI-09", code, WARNING, notes[kind])


@story
def identity_incomplete(scene: Scene) -> None:
    """Clients to be billed lack what an invoice needs; one twin has nothing to bill, another lacks only an e-mail."""
    for missing, note in (
        (("siren",), "Client facturé sans SIREN"),
        (("vat_number",), "Client facturé sans numéro de TVA"),
        (("einvoice_address",), "Client facturé sans adresse électronique de facturation"),
        (("vat_number", "einvoice_address"), "Client facturé sans numéro de TVA ni adresse électronique"),
    ):
        dossier = scene.dossier(**dict.fromkeys(missing))
        scene.firm.adhoc(dossier, "ATTESTATION", scene.workday(9))
        scene.raises("FI-19", dossier.client_id, WARNING, note)
    quiet = scene.dossier(siren=None, vat_number=None, einvoice_address=None)
    scene.firm.adhoc(quiet, "ATTESTATION", scene.workday(9, -1))
    silent = scene.dossier(email=None)
    scene.firm.adhoc(silent, "ATTESTATION", scene.workday(9))
    scene.spares("FI-19", quiet.client_id, silent.client_id)


@story
def vat_rate_out_of_date(scene: Scene) -> None:
    """A service's VAT rate ended yesterday or begins tomorrow; the twins' end or begin on the day itself."""
    day = scene.workday(10)
    dossier = scene.dossier()
    for code, start, end, note in (
        ("ANCIEN", date(2000, 1, 1), day_before(day), "Taux de TVA expiré la veille de la prestation"),
        ("NOUVEAU", day + timedelta(days=1), None, "Taux de TVA qui ne commence que le lendemain"),
        ("DERNIER", date(2000, 1, 1), day, ""),
        ("PREMIER", day, None, ""),
    ):
        vat_code, service = f"TVA_{code}", f"PRESTATION_{code}"
        scene.firm.add("vat_rate", vat_code=vat_code, valid_from=start, valid_to=end, rate="20", category="S")
        add_service(scene.firm, service, f"Prestation, {code.lower()} taux", vat_code=vat_code)
        scene.firm.adhoc(dossier, service, day, unit_price="150.00")
        if note:
            scene.raises("FI-22", service, CRITICAL, note)
        else:
            scene.spares("FI-22", service)


@story
def flat_fee_without_vat(scene: Scene) -> None:
    """A flat fee is due with a VAT rate that ended long ago; the twin was billed while the rate was in force."""
    end = scene.end_of(-3)
    scene.firm.add("vat_rate", vat_code="TVA_2", valid_from=date(2000, 1, 1), valid_to=end, rate="19.6", category="S")
    for service, months in (("AUDIT_ANCIEN", 0), ("AUDIT_SOLDE", -3)):
        add_service(scene.firm, service, "Audit contractuel", vat_code="TVA_2")
        dossier, mission = scene.bookkeeping(service_code=service, end_date=scene.end_of(months))
        scene.firm.plan(dossier, mission, [scene.due(scene.end_of(months))])
        if months:
            scene.spares("FI-22", service)
        else:
            scene.raises("FI-22", service, CRITICAL, "Forfait échu sans taux de TVA en vigueur")


@story
def decisions_of_people(scene: Scene) -> None:
    """A manager accepts a balance typed as an instalment, and an acceptance has run out; a client has moved."""
    for expired in (False, True):
        dossier, mission = scene.bookkeeping(end_date=scene.end_of(5))
        plan = scene.firm.plan(dossier, mission, [scene.due(scene.end_of(-2)), scene.due(scene.end_of(5))])
        note = "Échéance hors exercice, acceptation expirée" if expired else "Échéance hors exercice, acceptée"
        scene.raises("FI-06", f"{plan}|2", WARNING, note)
        scene.firm.add(
            "waiver",
            code="FI-06",
            subject_id=f"{plan}|2",
            valid_from=shift(scene.month, -4),
            valid_to=scene.end_of(-1) if expired else None,
            reason="Solde convenu avec le client après la clôture",
            author="direction",
        )
    scene.firm.add(
        "correction",
        correction_id="COR-001",
        table="client",
        key=scene.dossier().client_id,
        column="city",
        new_value="Nantes",
        reason="Déménagement du siège",
        author="accueil",
        effective_from=shift(scene.month, -1),
    )
