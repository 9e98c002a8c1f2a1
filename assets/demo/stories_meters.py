"""Stories about meters: quantities, readings, estimates and offered copies."""

from __future__ import annotations

from datetime import timedelta

from assets.demo.dates import ONE_DAY, shift
from assets.demo.park import CONSUMED, Contract, copier
from assets.demo.scene import CRITICAL, INFO, WARNING, Scene, story


def _unread(scene: Scene, *, estimates: bool = False, read: bool = True, **over: object) -> Contract:
    """A copier without a reading since the last one billed, or without any but that of its installation."""
    contract = copier(scene.firm, **over)
    contract.only("meter_reading", *contract.readings[: 2 if read else 1])
    if read:
        contract.readings[1]["billed_ref"] = "FC-REPRISE"
    if estimates:
        contract.rule["reading_mode"] = "ESTIMATE_ALLOWED"
    return contract


@story
def computed_quantity(scene: Scene) -> None:
    """A total has no formula, names an unknown meter, or was read itself; the twin adds up."""
    notes = {
        "empty": "Grandeur calculée sans formule",
        "unknown": "La formule nomme une grandeur qui n'existe pas",
        "unread": "Un compteur de la formule n'a aucun relevé",
        "read": "Relevé saisi sur la grandeur calculée",
        "right": "",
    }
    for kind, note in notes.items():
        contract = copier(scene.firm)
        colour = contract.quantity("COUL")
        if kind != "unread":
            contract.read(contract.start, 0, "INSTALLATION", quantity_id=colour)
            contract.read(scene.month, 240, quantity_id=colour)
        formula = {"empty": None, "unknown": "NB + A3"}.get(kind, "NB + 2 * COUL")
        total = contract.quantity("TOTAL", kind="COMPUTED", formula=formula)
        contract.only("rule_quantity")
        contract.attach(total)
        if kind == "read":
            contract.read(scene.month, 14_480, quantity_id=total)
        if kind == "right":
            scene.spares("AN-06", total)
        else:
            scene.raises("AN-06", total, CRITICAL, note)
        if kind == "unread":
            scene.raises("AN-08", colour, CRITICAL, f"{note}, pas même celui de l'installation")
            scene.raises("AN-24", contract.rule_id, CRITICAL, note)


@story
def nothing_to_estimate_from(scene: Scene) -> None:
    """Estimates are agreed but only the installation was read; the twin has a past to estimate from."""
    blank, known = _unread(scene, estimates=True, read=False), _unread(scene, estimates=True)
    note = "Estimation permise, mais le compteur n'a été relevé qu'à l'installation"
    scene.raises("AN-07", blank.quantity_id, CRITICAL, note)
    scene.spares("AN-07", known.quantity_id)
    scene.spares("AN-24", known.rule_id)


@story
def installation_not_read(scene: Scene) -> None:
    """The first reading is no installation, or a day late; the twin's machine came a month after the contract."""
    typed, late, after = (copier(scene.firm) for _ in range(3))
    typed.readings[0]["origin"] = "CUSTOMER"
    late.readings[0]["reading_date"] = late.start + ONE_DAY
    installed = shift(after.start, 1)
    after.readings[0]["reading_date"] = installed
    after.asset["installed_on"] = installed
    scene.raises("AN-08", typed.quantity_id, CRITICAL, "Position d'installation saisie comme un relevé du client")
    scene.raises("AN-08", late.quantity_id, CRITICAL, "Position d'installation le lendemain du début du contrat")
    scene.spares("AN-08", after.quantity_id)


@story
def readings_that_cannot_be(scene: Scene) -> None:
    """A meter runs backwards, has two values a day, was read before it was there and after it went."""
    backwards, twice, before, gone, jump = (copier(scene.firm) for _ in range(5))

    def told(contract: Contract, day: object, severity: str, note: str) -> None:
        scene.raises("AN-09", f"{contract.quantity_id}|{day}", severity, note)

    backwards.readings[1]["value"] = "15000"
    told(backwards, scene.month, CRITICAL, "Le compteur recule de 15 000 à 14 000")
    day = shift(scene.month, -6)
    twice.read(day, 8001, "PROVIDER")
    told(twice, day, CRITICAL, "Deux valeurs différentes le même jour")
    early = shift(before.start, -1)
    before.read(early, 900)
    told(before, early, CRITICAL, "Relevé antérieur à l'installation")
    gone.readings[1]["origin"] = "REMOVAL"
    told(gone, scene.month, CRITICAL, "Relevé après la dépose du copieur")
    jump.readings[1]["value"] = "7000"
    jump.read(shift(scene.month, -3), 8100)
    jump.readings[2]["value"] = "99000"
    told(jump, scene.month, WARNING, "90 900 copies en trois mois, bien au-delà de l'habitude")


@story
def readings_that_can(scene: Scene) -> None:
    """A device was exchanged, a meter passed zero, a day was read twice with one value: nothing is wrong."""
    exchanged, rolled, twice = (copier(scene.firm) for _ in range(3))
    day = shift(scene.month, -3)
    exchanged.read(day, 9000, "REMOVAL")
    exchanged.read(day, 0, "INSTALLATION")
    exchanged.readings[2]["value"] = "4000"
    rolled.read(day, 9999, "ROLLOVER")
    rolled.readings[2]["value"] = "4000"
    twice.read(shift(scene.month, -6), 8000, "PROVIDER")
    for contract in (exchanged, rolled, twice):
        days = {row["reading_date"] for row in contract.readings}
        scene.spares("AN-09", *(f"{contract.quantity_id}|{day}" for day in days))


@story
def quantity_instead_of_reading(scene: Scene) -> None:
    """A second meter was created where a reading was meant; twins: it is read, the first still is, or was retired."""
    for kind in ("once", "read", "both", "retired"):
        contract = copier(scene.firm)
        newer = f"{contract.quantity_id}2"
        day = scene.month + timedelta(days=9)
        contract.put(
            "quantity",
            quantity_id=newer,
            asset_id=contract.asset_id,
            predefined_code="NB",
            kind="TECHNICAL",
            cumulative=True,
            created_on=day,
        )
        contract.read(day, 14_100, quantity_id=newer)
        if kind == "read":
            contract.read(day + timedelta(days=10), 14_200, quantity_id=newer)
        if kind == "both":
            contract.read(day + timedelta(days=2), 14_110)
        if kind == "retired":
            contract.tables["quantity"][0]["retired_on"] = day
        if kind == "once":
            scene.raises("AN-23", newer, CRITICAL, "Grandeur créée au lieu d'un relevé de la même grandeur")
        else:
            scene.spares("AN-23", newer)


@story
def own_readings_only(scene: Scene) -> None:
    """No reading came though only readings may be billed; where the client would agree, an estimate could be made."""
    note = "Facturé sur relevé seulement, aucun depuis le dernier facturé"
    chosen, banned = _unread(scene), _unread(scene, estimates=True, client={"no_estimate": True})
    new = _unread(scene, read=False)
    scene.raises("AN-24", chosen.rule_id, CRITICAL, note)
    scene.raises("AN-26", chosen.rule_id, INFO, "L'estimation serait possible, la règle ne la permet pas")
    scene.raises("AN-24", banned.rule_id, CRITICAL, f"{note} ; le client refuse l'estimation")
    scene.raises("AN-24", new.rule_id, CRITICAL, f"{note} ; rien pour estimer")
    scene.spares("AN-26", banned.rule_id, new.rule_id)


@story
def offered_copies(scene: Scene) -> None:
    """Readings are waited for to spare offered copies, or were; the twin's mode was changed once they were used up."""
    left = _unread(scene)
    used, changed = (copier(scene.firm) for _ in range(2))
    for contract, offered in ((left, "500"), (used, "0"), (changed, "0")):
        contract.rule.update({"workaround_offered": True, "offered_units": offered})
    changed.rule["reading_mode"] = "ESTIMATE_ALLOWED"
    scene.raises("AN-25", left.rule_id, INFO, "Mode réel gardé tant qu'il reste 500 copies offertes")
    scene.raises("AN-25", used.rule_id, INFO, "Copies offertes épuisées, le mode réel est resté")
    scene.spares("AN-25", changed.rule_id)
    scene.spares("AN-24", left.rule_id)


@story
def modes_mixed(scene: Scene) -> None:
    """Black copies need readings, colour copies may be estimated; accepted once, and the twin has one mode."""
    for kind in ("mixed", "accepted", "same"):
        contract = copier(scene.firm)
        colour = contract.quantity("COUL")
        contract.read(contract.start, 0, "INSTALLATION", quantity_id=colour)
        rule = contract.bills(
            CONSUMED,
            months=1,
            rank=2,
            service_code="COPIES_COUL",
            unit_price="0.090000",
            reading_mode="ACTUAL" if kind == "same" else "ESTIMATE_ALLOWED",
        )
        rule |= {"next_invoice_date": shift(scene.month, 6), "last_invoice_date": None}
        contract.attach(colour, str(rule["rule_id"]))
        if kind == "same":
            scene.spares("AN-27", contract.asset_id)
            continue
        scene.raises("AN-27", contract.asset_id, WARNING, "Noir sur relevé réel, couleur sur estimation")
        if kind == "accepted":
            scene.firm.add(
                "waiver",
                code="AN-27",
                subject_id=contract.asset_id,
                valid_from=shift(scene.month, -1),
                valid_to=scene.end_of(6),
                reason="Choix du client, confirmé par écrit",
                author="MB",
            )
