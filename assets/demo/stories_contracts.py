"""Stories about contracts: modules, rules, templates, true-ups and the history of flat fees."""

from __future__ import annotations

from datetime import timedelta

from assets.demo.dates import ONE_DAY, anchored, shift
from assets.demo.park import CONSUMED, FLAT, TRUE_UP, Contract, copier, flat_copier
from assets.demo.scene import CRITICAL, WARNING, Scene, story


@story
def migrated_and_not_saved(scene: Scene) -> None:
    """Two clients were migrated and not saved since; a twin was saved that day, another has nothing due."""
    migrated = scene.workday(3, -4)
    note = "Client repris d'un autre logiciel, fiche jamais enregistrée depuis"
    scene.raises("AN-01", copier(scene.firm, client={"migrated_at": migrated}).client_id, CRITICAL, note)
    before: dict[str, object] = {"migrated_at": migrated, "last_saved_at": migrated - ONE_DAY}
    note = "Fiche enregistrée la veille de la reprise, jamais depuis"
    scene.raises("AN-01", copier(scene.firm, client=before).client_id, CRITICAL, note)
    saved = copier(scene.firm, client={"migrated_at": migrated, "last_saved_at": migrated})
    idle = Contract(scene.firm, shift(scene.month, -13), client={"migrated_at": migrated})
    idle.bills(FLAT, months=12)
    scene.spares("AN-01", saved.client_id, idle.client_id)


@story
def period_start_edited(scene: Scene) -> None:
    """The period start was typed over; one twin has an amendment for it, another was not edited by hand."""
    for kind in ("edited", "amended", "imported"):
        contract = flat_copier(scene.firm)
        moved = shift(scene.month, -15)
        contract.rule["period_start"] = moved
        contract.rule["manually_edited"] = kind != "imported"
        if kind == "amended":
            contract.put(
                "rule_change",
                rule_id=contract.rule_id,
                field="period_start",
                effective_from=contract.start,
                new_value=moved.isoformat(),
                author="MB",
            )
        if kind == "edited":
            note = "Début de périodicité saisi à la main, différent du début du contrat, sans avenant"
            scene.raises("AN-02", contract.rule_id, WARNING, note)
        else:
            scene.spares("AN-02", contract.rule_id)


@story
def module_not_begun(scene: Scene) -> None:
    """A fee falls due a month before the module begins; the twin's begins on that very day."""
    early, exact = (flat_copier(scene.firm, billed=False) for _ in range(2))
    early.module["valid_from"] = shift(scene.month, 1)
    exact.module["valid_from"] = scene.month
    scene.raises("AN-03", early.module_id, CRITICAL, "Facture due un mois avant le début du module")
    scene.spares("AN-03", exact.module_id)


@story
def module_expired(scene: Scene) -> None:
    """A module ended without renewal; the twins' are renewed, tacitly or by another module."""
    ended = scene.month - ONE_DAY
    expired, tacit, renewed = (copier(scene.firm) for _ in range(3))
    expired.module |= {"valid_to": ended, "renewal": "EXPRESS"}
    tacit.module |= {"valid_to": ended}
    following = f"{renewed.contract_id}-M2"
    renewed.module |= {"valid_to": ended, "renewal": "EXPRESS", "renewed_by_module_id": following}
    renewed.put(
        "contract_module",
        module_id=following,
        contract_id=renewed.contract_id,
        label="Reconduction",
        valid_from=scene.month,
        valid_to=scene.end_of(11),
        renewal="EXPRESS",
    )
    scene.raises("AN-04", expired.module_id, CRITICAL, "Module échu la veille, reconduction non faite")
    scene.spares("AN-04", tacit.module_id, renewed.module_id, following)


@story
def free_year(scene: Scene) -> None:
    """A year was given: once the next invoice is put off too far, once the module is too short, once all is right."""
    for kind in ("late", "short", "right"):
        contract = flat_copier(scene.firm, billed=False, free_months=12, end_date=scene.end_of(23))
        contract.module["valid_to"] = scene.end_of(11 if kind == "short" else 23)
        if kind == "late":
            contract.rule["next_invoice_date"] = shift(scene.month, 3)
            scene.raises("AN-05", contract.rule_id, WARNING, "Année offerte, prochaine facture repoussée de trois mois")
        elif kind == "short":
            scene.raises("AN-05", contract.rule_id, WARNING, "Année offerte, module plus court que le contrat")
        else:
            scene.spares("AN-05", contract.rule_id)


@story
def period_start_not_moved(scene: Scene) -> None:
    """The true-up's period still starts where the last began; the twin's was moved."""
    left, moved = (copier(scene.firm, age=24) for _ in range(2))
    left.rule["true_up_period_start"] = left.start
    scene.raises("AN-10", left.rule_id, CRITICAL, "Début de plage resté à l'avant-dernière régularisation")
    scene.spares("AN-10", moved.rule_id)


@story
def amount_missing(scene: Scene) -> None:
    """A flat fee has no amount, a true-up no price; one twin's amount is zero, another's contract is closed."""
    fee, price, zero, closed = (copier(scene.firm) for _ in range(4))
    fee.rule["amount"] = None
    price.rule["unit_price"] = None
    zero.rule["amount"] = "0.00"
    closed.contract["status"] = "CLOSED"
    closed.rule["amount"] = None
    scene.raises("AN-11", fee.rule_id, CRITICAL, "Forfait à facturer sans montant : absent n'est pas zéro")
    scene.raises("AN-11", price.rule_id, CRITICAL, "Régularisation due sans prix de la copie")
    scene.spares("AN-11", zero.rule_id, closed.rule_id)


@story
def rule_without_quantity(scene: Scene) -> None:
    """No meter is attached to a rule with true-up; the twin is a plain flat fee, which needs none."""
    unmetered = copier(scene.firm)
    unmetered.only("rule_quantity")
    scene.raises("AN-12", unmetered.rule_id, CRITICAL, "Aucune grandeur rattachée à la règle")
    scene.spares("AN-12", flat_copier(scene.firm).rule_id)


@story
def template_wrong(scene: Scene) -> None:
    """A template is unknown, one is expired, a true-up no multiple of the period; the twin's template is sound."""
    unknown, odd, sound = (copier(scene.firm) for _ in range(3))
    unknown.rule["template_id"] = "MODELE-ABANDONNE"
    odd.rule["true_up_months"] = 10
    sound.rule["template_id"] = "MODELE-FORFAIT"
    sound.put(
        "rule_template",
        template_id="MODELE-FORFAIT",
        type=TRUE_UP,
        period_months=3,
        true_up_months=12,
        term="ADVANCE",
        reading_mode="ACTUAL",
    )
    expired = Contract(scene.firm, shift(scene.month, -13))
    expired.bills(FLAT, months=3, template_id="MODELE-ECHU")
    expired.put("rule_template", template_id="MODELE-ECHU", type=FLAT, term="ADVANCE", valid_to=scene.end_of(-1))
    scene.raises("AN-13", unknown.rule_id, CRITICAL, "Règle prédéfinie inconnue")
    scene.raises("AN-13", odd.rule_id, CRITICAL, "Régularisation tous les 10 mois pour un forfait trimestriel")
    scene.raises("AN-13", expired.rule_id, WARNING, "Règle prédéfinie échue, rien à facturer ce mois-ci")
    scene.spares("AN-13", sound.rule_id)


@story
def contract_left_behind(scene: Scene) -> None:
    """Two contracts are neither closed nor billable; one twin is billed up to its end to come, another is closed."""
    undated, ended, ending, closed = (flat_copier(scene.firm) for _ in range(4))
    undated.rule["next_invoice_date"] = None
    closed.rule["next_invoice_date"] = None
    closed.contract["status"] = "CLOSED"
    for contract, end in ((ended, scene.end_of(-1)), (ending, scene.end_of(2))):
        contract.contract["end_date"] = end
        contract.module["valid_to"] = end
    ending.fee(scene.month, scene.end_of(2))
    ending.rule.update({"last_invoice_date": scene.month, "next_invoice_date": shift(scene.month, 3)})
    scene.raises("AN-14", undated.contract_id, CRITICAL, "Contrat actif dont la règle n'a plus de prochaine facture")
    scene.raises("AN-14", ended.contract_id, CRITICAL, "Contrat fini le mois dernier, resté actif")
    scene.spares("AN-14", ending.contract_id, closed.contract_id)


@story
def true_up_after_the_fee(scene: Scene) -> None:
    """The true-up falls on the 2nd, the fee on the 1st: due now, or in six months; the twin has both on the 1st."""
    due, later, right = (copier(scene.firm, age=24) for _ in range(3))
    for contract, months in ((due, 0), (later, 6)):
        last = shift(scene.month, -12) + ONE_DAY
        contract.rule.update(
            {
                "true_up_day": 2,
                "last_true_up_date": last,
                "true_up_period_start": last,
                "next_true_up_date": shift(scene.month, months) + ONE_DAY,
            }
        )
    note = "Régularisation le 2, forfait le 1er"
    scene.raises("AN-15", due.rule_id, CRITICAL, f"{note} : elle est due")
    scene.raises("AN-15", later.rule_id, WARNING, f"{note} : elle n'est pas encore due")
    scene.spares("AN-15", right.rule_id)


@story
def true_up_a_quarter_late(scene: Scene) -> None:
    """Planned on the 2nd, the true-up is a quarter late and finds five fees; the twin, as old, was made in time."""
    late, right = _a_quarter_late(scene, day=2), copier(scene.firm, age=27)
    note = "Régularisation le 2, forfait le 1er, un trimestre de retard"
    scene.raises("AN-15", late.rule_id, CRITICAL, note)
    scene.raises("AN-16", late.rule_id, CRITICAL, f"{note} : 5 forfaits au lieu de 4", "AN-15")
    scene.spares("AN-15", right.rule_id)
    scene.spares("AN-16", right.rule_id)


@story
def true_up_late_alone(scene: Scene) -> None:
    """A true-up is simply a quarter late: five fees for four, and no other fault; it is accepted for one contract."""
    for is_accepted in (False, True):
        contract = _a_quarter_late(scene)
        if is_accepted:
            _lift_the_check(scene, contract)
        note = "contrôle levé pour ce contrat et ce calcul" if is_accepted else "rien d'autre ne l'explique"
        scene.raises("AN-16", contract.rule_id, CRITICAL, f"Régularisation en retard, 5 forfaits pour 4 : {note}")


def _a_quarter_late(scene: Scene, day: int = 1) -> Contract:
    """A copier whose yearly true-up, planned on that day, should have come three months ago."""
    contract = copier(scene.firm, age=27)
    for row in contract.fees[4:]:
        row["regularised_on"] = None
    last, due = (shift(scene.month, months).replace(day=day) for months in (-15, -3))
    contract.rule.update(
        {
            "accumulated_units": "15000",
            "true_up_day": day,
            "last_true_up_date": last,
            "true_up_period_start": last,
            "next_true_up_date": due,
        }
    )
    return contract


def _lift_the_check(scene: Scene, contract: Contract) -> None:
    contract.put(
        "run_override",
        contract_id=contract.contract_id,
        control_date=scene.last_day,
        option="NO_ACCUMULATION_CHECK",
        reason="Recalage convenu avec le client",
        author="MB",
    )


@story
def fee_missing_from_history(scene: Scene) -> None:
    """A flat fee was billed and its history row is lost: the count and the accumulation are only symptoms."""
    contract = copier(scene.firm)
    lost = contract.fees.pop(1)
    note = "Un forfait du trimestre manque à l'historique"
    scene.raises("AN-18", f"{contract.rule_id}|{lost['period_start']}", CRITICAL, note)
    scene.raises("AN-16", contract.rule_id, CRITICAL, f"{note} : 3 forfaits au lieu de 4", "AN-18")
    scene.raises("AN-17", contract.rule_id, CRITICAL, f"{note} : cumul de 12 000 pour 9 000", "AN-18")
    whole = copier(scene.firm)
    scene.spares("AN-18", *(f"{whole.rule_id}|{row['period_start']}" for row in whole.fees))


@story
def accumulation_wrong(scene: Scene) -> None:
    """An accumulation is a copy short, another is accepted for this run; the twin keeps none."""
    short, accepted, unkept = (copier(scene.firm) for _ in range(3))
    for contract in (short, accepted):
        contract.rule["accumulated_units"] = "11999"
    unkept.rule["accumulated_units"] = None
    _lift_the_check(scene, accepted)
    scene.raises("AN-17", short.rule_id, CRITICAL, "Cumul de 11 999 pour quatre forfaits de 3 000 copies")
    scene.raises("AN-17", accepted.rule_id, CRITICAL, "Même écart, contrôle levé pour ce contrat et ce calcul")
    scene.spares("AN-17", unkept.rule_id)
    scene.spares("AN-16", short.rule_id, accepted.rule_id, unkept.rule_id)


@story
def history_off_the_grid(scene: Scene) -> None:
    """A row was entered inside another period; the twin's rows follow each other."""
    contract = copier(scene.firm)
    first = shift(scene.month, -5) + timedelta(days=2)
    contract.fee(first, first + timedelta(days=17))
    contract.rule["accumulated_units"] = "15000"
    note = "Ligne d'historique entrée au milieu d'un trimestre"
    scene.raises("AN-19", f"{contract.rule_id}|{first}", CRITICAL, note)
    scene.raises("AN-16", contract.rule_id, CRITICAL, f"{note} : 5 forfaits au lieu de 4", "AN-19")
    scene.spares("AN-16", copier(scene.firm).rule_id)


@story
def history_without_invoice(scene: Scene) -> None:
    """A fee has no invoice, and one below a threshold is not said to wait; the twin's waits."""
    plain, unsaid, waiting = copier(scene.firm), *(copier(scene.firm, billing_threshold="350.00") for _ in range(2))
    subjects = []
    for contract in (plain, unsaid, waiting):
        row = contract.fees[-1]
        row["invoice_ref"] = None
        subjects.append(f"{contract.rule_id}|{row['period_start']}")
    waiting.fees[-1]["below_threshold"] = True
    scene.raises("AN-19", subjects[0], CRITICAL, "Forfait dans l'historique sans facture")
    scene.raises("AN-19", subjects[1], WARNING, "Sans facture sous un seuil de facturation, sans dire qu'il attend")
    scene.spares("AN-19", subjects[2])


@story
def included_units_changed(scene: Scene) -> None:
    """The copies included changed between two true-ups, in the history or since; the twin's changed at a true-up."""
    past, since = copier(scene.firm), copier(scene.firm)
    past.fees[0]["included_units"] = "2000"
    past.rule["accumulated_units"] = "11000"
    since.rule["included_units"] = "2000"
    renewed = copier(scene.firm, age=24)
    for row in renewed.fees[:4]:
        row["included_units"] = "2000"
    scene.raises("AN-20", past.rule_id, CRITICAL, "Un forfait de 2 000 copies parmi des forfaits de 3 000")
    scene.raises("AN-20", since.rule_id, CRITICAL, "Forfait passé à 2 000 copies avant la régularisation")
    scene.spares("AN-20", renewed.rule_id)


@story
def period_changed(scene: Scene) -> None:
    """Monthly fees became quarterly without a true-up between them; the twin's did so at one."""
    contract = copier(scene.firm)
    contract.fees[0]["period_end"] = scene.end_of(-12)
    for months in (-11, -10):
        contract.fee(shift(scene.month, months), scene.end_of(months))
    contract.rule["accumulated_units"] = "18000"
    note = "Forfaits mensuels devenus trimestriels sans régularisation"
    scene.raises("AN-21", contract.rule_id, CRITICAL, note)
    scene.raises("AN-16", contract.rule_id, CRITICAL, f"{note} : 6 forfaits au lieu de 4", "AN-21")
    settled = copier(scene.firm, age=24)
    settled.fees[0]["period_end"] = scene.end_of(-24)
    for months in (-23, -22):
        settled.fee(shift(scene.month, months), scene.end_of(months), regularised_on=shift(scene.month, -12))
    scene.spares("AN-21", settled.rule_id)
    scene.spares("AN-16", settled.rule_id)


@story
def true_up_on_another_day(scene: Scene) -> None:
    """The last true-up was made on the 15th, the next is for the 1st; the twin is planned on the 31st and clamped."""
    contract = copier(scene.firm, age=24)
    last = shift(scene.month, -12) + timedelta(days=14)
    contract.rule.update({"last_true_up_date": last, "true_up_period_start": last})
    scene.raises("AN-22", contract.rule_id, WARNING, "Dernière régularisation le 15, la suivante prévue le 1er")
    clamped = _month_end(scene)
    scene.spares("AN-22", clamped.rule_id)
    scene.spares("AN-15", clamped.rule_id)


def _month_end(scene: Scene) -> Contract:
    """A contract begun on a 31st, invoiced on the last day of shorter months."""
    begun = next(shift(scene.month, months) for months in range(-15, -20, -1) if scene.end_of(months).day == 31)
    contract = Contract(scene.firm, begun.replace(day=31))
    contract.bills(TRUE_UP, months=1)
    contract.attach(contract.quantity())
    contract.read(contract.start, 500, "INSTALLATION")
    step = 0
    while (day := anchored(contract.start, step + 1, 31)) <= scene.last_day:
        step += 1
        contract.read(day, 500 + 2900 * step)
    return contract


@story
def consumption_months_late(scene: Scene) -> None:
    """Three months of copies were not billed yet and have no price; the twin's, as late, have one."""
    for price in (None, "0.012000"):
        contract = Contract(scene.firm, shift(scene.month, -9))
        rule = contract.bills(CONSUMED, months=1, term="ARREARS", unit_price=price)
        contract.attach(contract.quantity())
        contract.read(contract.start, 0, "INSTALLATION")
        for step in range(1, 10):
            contract.read(shift(contract.start, step), 1500 * step)
        rule.update({"last_invoice_date": shift(scene.month, -3), "next_invoice_date": shift(scene.month, -2)})
        if price is None:
            scene.raises("AN-11", contract.rule_id, CRITICAL, "Trois mois de consommation dus sans prix de la copie")
        else:
            scene.spares("AN-11", contract.rule_id)
            scene.spares("AN-24", contract.rule_id)
