"""Stories about payroll counts, ad-hoc services and jumps of amounts: FI-12 to FI-16, and the unit price of FI-17."""

from __future__ import annotations

from datetime import date

from assets.demo.catalogue import add_service
from assets.demo.dates import shift
from assets.demo.firm import Due, monthly_dues
from assets.demo.scene import CRITICAL, WARNING, Scene, story


@story
def no_payroll_this_month(scene: Scene) -> None:
    """No payslips were counted this month; the twin, a seasonal employer, declared none month after month."""
    _, mission, number = scene.payroll()
    scene.firm.steady_metric(number, 5, until=-1)
    scene.raises("FI-12", mission, CRITICAL, "Aucun comptage de bulletins pour le mois : absent n'est pas zéro")
    _, seasonal, number = scene.payroll()
    scene.firm.steady_metric(number, 0)
    scene.spares("FI-12", seasonal)


@story
def no_payroll_last_month(scene: Scene) -> None:
    """Billed a month later, the count of last month is missing; the twin only lacks the month that is not due yet."""
    _, mission, number = scene.payroll(lag=1)
    scene.firm.steady_metric(number, 7, until=-2)
    scene.firm.metric(number, scene.month, 7)
    scene.raises("FI-12", mission, CRITICAL, "Facturé avec un mois de décalage, le comptage du mois précédent manque")
    _, waiting, number = scene.payroll(lag=1)
    scene.firm.steady_metric(number, 7, until=-1)
    scene.spares("FI-12", waiting)


@story
def establishment_nobody_bills(scene: Scene) -> None:
    """The second establishment is not in the mission's list; the twin's mission bills all establishments."""
    for listed in (True, False):
        dossier = scene.dossier()
        first, second = scene.firm.establishment(dossier), scene.firm.establishment(dossier, "Atelier")
        mission = scene.firm.mission(dossier, "SOCIAL", "UNIT", service_code="BULLETIN", end_date=None)
        scene.firm.binding(mission, "BULLETIN", sirets=first if listed else None)
        scene.firm.steady_metric(first, 9)
        scene.firm.steady_metric(second, 4)
        if listed:
            scene.raises("FI-13", second, WARNING, "Bulletins comptés, mais l'établissement n'est dans aucune mission")
        else:
            scene.spares("FI-13", second)


@story
def payroll_without_mission(scene: Scene) -> None:
    """A client without payroll mission has payslips; the twin's were counted half a year ago for the last time."""
    number = scene.firm.establishment(scene.dossier())
    scene.firm.steady_metric(number, 3)
    scene.raises("FI-13", number, WARNING, "Bulletins comptés pour un client sans mission de paie")
    former = scene.firm.establishment(scene.dossier(), active_to=scene.end_of(-6))
    scene.firm.steady_metric(former, 3, months=4, until=-6)
    scene.spares("FI-13", former)


@story
def declaration_incomplete(scene: Scene) -> None:
    """A fraction of the declaration is missing; the twin's is incomplete for a month that is billed a month later."""
    for lag in (0, 1):
        _, _, number = scene.payroll(lag=lag)
        scene.firm.steady_metric(number, 12, until=-1)
        scene.firm.metric(number, scene.month, 12, complete=False)
        if lag == 0:
            scene.raises("FI-14", number, CRITICAL, "Déclaration du mois incomplète, une fraction manque")
        else:
            scene.spares("FI-14", number)


@story
def declaration_provisional(scene: Scene) -> None:
    """The declaration may still change; one twin's is billed a month later, another's was so for last month."""
    for lag in (0, 1):
        _, _, number = scene.payroll(lag=lag)
        scene.firm.steady_metric(number, 8, until=-1)
        scene.firm.metric(number, scene.month, 8, final=False)
        if lag == 0:
            scene.raises("FI-14", number, WARNING, "Déclaration du mois encore provisoire")
        else:
            scene.spares("FI-14", number)
    _, _, number = scene.payroll()
    scene.firm.steady_metric(number, 8, until=-2)
    scene.firm.metric(number, shift(scene.month, -1), 8, final=False)
    scene.firm.metric(number, scene.month, 8)
    scene.spares("FI-14", number)


def _payslips_then(scene: Scene, before: int, now: int, months: int = 3) -> str:
    """A payroll mission at one price with `before` payslips for some months, then `now`."""
    dossier, mission, number = scene.payroll()
    start = date(scene.month.year - 2, 1, 1)
    scene.firm.add(
        "client_price", client_file_id=dossier.file_id, service_code="BULLETIN", valid_from=start, unit_price="20.00"
    )
    scene.firm.steady_metric(number, before, months=months, until=-1)
    scene.firm.metric(number, scene.month, now)
    return mission


@story
def payslips_jump(scene: Scene) -> None:
    """Ten payslips become thirty-one; one twin has exactly three times the mean, another too short a history."""
    note = "31 bulletins contre 10 par mois auparavant"
    scene.raises("FI-15", _payslips_then(scene, 10, 31), WARNING, note)
    scene.spares("FI-15", _payslips_then(scene, 10, 30), _payslips_then(scene, 10, 40, months=2))


@story
def payslips_drop(scene: Scene) -> None:
    """Thirty payslips become nine; the twin's become ten, exactly a third of the mean."""
    scene.raises("FI-15", _payslips_then(scene, 30, 9), WARNING, "9 bulletins contre 30 par mois auparavant")
    scene.spares("FI-15", _payslips_then(scene, 30, 10))


@story
def instalment_typed_tenfold(scene: Scene) -> None:
    """A zero too many in this month's instalment; the twin's is exactly three times the usual one."""
    for cents in (100_000, 30_000):
        dossier, mission = scene.bookkeeping()
        dues = monthly_dues(dossier.current.start, dossier.current.end, 120_000)
        scene.firm.plan(dossier, mission, [Due(d.day, cents, d.period) if d.day == scene.last_day else d for d in dues])
        if cents == 100_000:
            scene.raises("FI-15", mission, WARNING, "Échéance de 1 000,00 € contre 100,00 € les mois précédents")
        else:
            scene.spares("FI-15", mission)


@story
def service_on_quotation(scene: Scene) -> None:
    """A service without catalogue price was added without one; the twin was given away, at a price of zero."""
    add_service(scene.firm, "SUR_DEVIS", "Mission ponctuelle sur devis")
    dossier = scene.dossier()
    missing = scene.firm.adhoc(dossier, "SUR_DEVIS", scene.workday(6))
    scene.raises("FI-16", missing, CRITICAL, "Service ponctuel sans prix, ni saisi ni au catalogue")
    given = scene.firm.adhoc(dossier, "SUR_DEVIS", scene.workday(7), unit_price="0.00", label="Geste commercial")
    priced = scene.firm.adhoc(dossier, "ATTESTATION", scene.workday(7))
    scene.spares("FI-16", given, priced)


@story
def service_added_twice(scene: Scene) -> None:
    """The same service was entered twice for one day; the twins differ by the day or by the quantity."""
    dossier = scene.dossier()
    first, second = (scene.firm.adhoc(dossier, "FORMALITE", scene.workday(8), author=who) for who in ("MB", "LT"))
    scene.raises("FI-16", second, WARNING, "Même service, même jour, même quantité : sans doute saisi deux fois")
    dossier = scene.dossier()
    twins = [scene.firm.adhoc(dossier, "FORMALITE", scene.workday(day)) for day in (8, 9)]
    twins.append(scene.firm.adhoc(dossier, "FORMALITE", scene.workday(8), 2))
    scene.spares("FI-16", first, *twins)


@story
def unit_service_without_price(scene: Scene) -> None:
    """A new kind of payslip is counted and has no price; the twin's is agreed with its only client."""
    add_service(scene.firm, "BULLETIN_BTP", "Bulletin du bâtiment", unit="bulletin")
    add_service(scene.firm, "BULLETIN_SPECTACLE", "Bulletin d'intermittent", unit="bulletin")
    _, _, number = scene.payroll("BULLETIN_BTP")
    scene.firm.steady_metric(number, 4)
    scene.raises("FI-17", "BULLETIN_BTP", CRITICAL, "Bulletins comptés sur un service sans aucun prix")
    dossier, _, number = scene.payroll("BULLETIN_SPECTACLE")
    scene.firm.steady_metric(number, 4)
    scene.firm.add(
        "client_price",
        client_file_id=dossier.file_id,
        service_code="BULLETIN_SPECTACLE",
        valid_from=date(scene.month.year - 1, 1, 1),
        unit_price="31.00",
    )
    scene.spares("FI-17", "BULLETIN_SPECTACLE")
