"""Stories about missions, plans, letters and their renewal: FI-01, FI-03 to FI-07, FI-13, FI-17."""

from __future__ import annotations

from assets.demo.dates import shift
from assets.demo.firm import day_before, monthly_dues
from assets.demo.scene import CRITICAL, WARNING, Scene, story


@story
def plan_forgotten(scene: Scene) -> None:
    """A bookkeeping mission runs and nobody entered its plan; its twin only starts next month, another has a letter."""
    _, mission = scene.bookkeeping()
    scene.raises("FI-01", mission, CRITICAL, "Tenue en cours, aucun plan de facturation saisi")
    _, later = scene.bookkeeping(start_date=shift(scene.month, 1))
    dossier, by_letter = scene.bookkeeping()
    scene.letter(dossier, by_letter, 144_000)
    scene.spares("FI-01", later, by_letter)


@story
def only_plan_cancelled(scene: Scene) -> None:
    """The only plan of a running mission was cancelled; the twin's mission ended on the last day of last month."""
    dossier, mission = scene.bookkeeping()
    scene.monthly(dossier, mission, status="CANCELLED")
    scene.raises("FI-01", mission, CRITICAL, "Le seul plan de la mission en cours a été annulé")
    _, ended = scene.bookkeeping(end_date=scene.end_of(-1))
    scene.spares("FI-01", ended)


@story
def payroll_not_bound(scene: Scene) -> None:
    """A payroll mission is bound to no metric; the twin's mission is closed."""
    mission = scene.firm.mission(scene.dossier(), "SOCIAL", "UNIT", end_date=None)
    scene.raises("FI-01", mission, CRITICAL, "Mission de paie ouverte sans aucune métrique rattachée")
    closed = scene.firm.mission(scene.dossier(), "SOCIAL", "UNIT", status="CLOSED")
    scene.spares("FI-01", closed)


@story
def closed_mission_still_billed(scene: Scene) -> None:
    """A closed mission still has an instalment in the month; the twin's plan ended the month before."""
    dossier, mission = scene.bookkeeping(status="CLOSED")
    plan = scene.monthly(dossier, mission)
    scene.raises("FI-03", plan, CRITICAL, "Mission close, mais une échéance tombe dans le mois")
    dossier, past = scene.bookkeeping(status="CLOSED")
    dues = monthly_dues(dossier.current.start, scene.end_of(-1), 80_000)
    scene.spares("FI-03", scene.firm.plan(dossier, past, dues))


@story
def closed_mission_billed_later(scene: Scene) -> None:
    """A closed mission has an instalment two months ahead; the twin's plan, due in the month, is cancelled."""
    dossier, mission = scene.bookkeeping(status="CLOSED")
    plan = scene.firm.plan(dossier, mission, [scene.due(scene.end_of(2))])
    scene.raises("FI-03", plan, CRITICAL, "Mission close, une échéance reste à venir dans deux mois")
    dossier, cancelled = scene.bookkeeping(status="CLOSED")
    scene.spares("FI-03", scene.monthly(dossier, cancelled, status="CANCELLED"))


@story
def plan_typed_twice(scene: Scene) -> None:
    """Two people typed the plan of one mission; the twin's first plan was cancelled."""
    dossier, mission = scene.bookkeeping()
    scene.monthly(dossier, mission)
    scene.monthly(dossier, mission, suffix="-bis")
    scene.raises("FI-04", mission, CRITICAL, "Deux plans actifs saisis pour la même mission")
    dossier, mended = scene.bookkeeping()
    scene.monthly(dossier, mended, status="CANCELLED")
    scene.monthly(dossier, mended, suffix="-bis")
    scene.spares("FI-04", mended)


@story
def letter_and_hand_plan(scene: Scene) -> None:
    """A letter gives the plan and somebody typed it as well; the twin's hand plan is that of the year before."""
    dossier, mission = scene.bookkeeping()
    scene.letter(dossier, mission, 120_000)
    scene.monthly(dossier, mission)
    scene.raises("FI-04", mission, CRITICAL, "Plan de la lettre de mission doublé par un plan saisi")
    dossier = scene.dossier(previous="OPEN")
    before, now = dossier.years
    by_hand = scene.firm.mission(dossier, "TENUE", "FLAT", year=before, end_date=scene.end_of(2))
    scene.firm.plan(dossier, by_hand, [scene.due(before.end), scene.due(scene.end_of(2), is_balance=True)], year=before)
    by_letter = scene.firm.mission(dossier, "TENUE", "FLAT", year=now)
    scene.letter(dossier, by_letter, 120_000)
    scene.spares("FI-04", by_hand, by_letter)


@story
def two_letters(scene: Scene) -> None:
    """Two letters for one mission and year; the twin's second letter is version 2 of the first."""
    dossier, mission = scene.bookkeeping()
    scene.letter(dossier, mission, 120_000)
    scene.letter(dossier, mission, 132_000, document="LM-BIS")
    scene.raises("FI-04", mission, CRITICAL, "Deux lettres de mission différentes pour la même mission")
    dossier, amended = scene.bookkeeping()
    scene.letter(dossier, amended, 120_000)
    scene.letter(dossier, amended, 132_000, version=2)
    scene.spares("FI-04", amended)


@story
def total_a_cent_off(scene: Scene) -> None:
    """A plan's total misses its lines by one cent; the twin's twelfth line takes the rest of 1 000.00."""
    dossier, mission = scene.bookkeeping()
    plan = scene.monthly(dossier, mission, 100_000, total=100_001)
    scene.raises("FI-05", plan, CRITICAL, "Total du plan supérieur d'un centime à la somme des lignes")
    dossier, exact = scene.bookkeeping()
    scene.spares("FI-05", scene.monthly(dossier, exact, 100_000))


@story
def line_missing(scene: Scene) -> None:
    """The last instalment was never typed; one twin states no total, another is cancelled."""
    dossier, mission = scene.bookkeeping()
    dues = monthly_dues(dossier.current.start, dossier.current.end, 240_000)
    plan = scene.firm.plan(dossier, mission, dues[:-1], total=240_000)
    scene.raises("FI-05", plan, CRITICAL, "Onze lignes saisies sur douze, total de l'année entière")
    dossier, open_total = scene.bookkeeping()
    scene.spares("FI-05", scene.monthly(dossier, open_total, total=None))
    dossier, cancelled = scene.bookkeeping(status="CLOSED")
    scene.spares("FI-05", scene.monthly(dossier, cancelled, total=1, status="CANCELLED"))


@story
def due_before_the_year(scene: Scene) -> None:
    """An instalment falls due the day before the fiscal year; the twin's on its first day."""
    dossier, mission = scene.bookkeeping()
    days = (day_before(dossier.current.start), scene.end_of(2))
    plan = scene.firm.plan(dossier, mission, [scene.due(day) for day in days])
    scene.raises("FI-06", f"{plan}|1", WARNING, "Échéance la veille de l'ouverture de l'exercice")
    dossier, first = scene.bookkeeping()
    plan = scene.firm.plan(dossier, first, [scene.due(dossier.current.start), scene.due(scene.end_of(2))])
    scene.spares("FI-06", f"{plan}|1")


@story
def due_after_the_year(scene: Scene) -> None:
    """An instalment falls due the day after the fiscal year; one twin's on its last day, another's is the balance."""
    dossier, mission = scene.bookkeeping()
    late = shift(scene.month, 4)
    plan = scene.firm.plan(dossier, mission, [scene.due(dossier.current.start), scene.due(late)])
    scene.raises("FI-06", f"{plan}|2", WARNING, "Échéance le lendemain de la clôture de l'exercice")
    dossier, last = scene.bookkeeping()
    plan = scene.firm.plan(dossier, last, [scene.due(dossier.current.start), scene.due(dossier.current.end)])
    dossier, balanced = scene.bookkeeping(end_date=scene.end_of(7))
    balance = scene.due(scene.end_of(6), is_balance=True, label="Solde")
    other = scene.firm.plan(dossier, balanced, [scene.due(dossier.current.start), balance])
    scene.spares("FI-06", f"{plan}|2", f"{other}|2")


@story
def due_in_the_month_outside_the_year(scene: Scene) -> None:
    """The instalment of the month belongs to a year that ended before it; the twin's is the balance of such a year."""
    for is_balance in (False, True):
        client = scene.firm.client()
        dossier = scene.firm.dossier(client=client, opened_on=shift(scene.month, -12))
        scene.firm.fiscal_year(dossier, shift(scene.month, -12), scene.end_of(-1))
        mission = scene.firm.mission(dossier, "BILAN", "FLAT", end_date=scene.end_of(2))
        dues = [
            scene.due(scene.end_of(-6)),
            scene.due(scene.last_day, is_balance=is_balance),
            scene.due(scene.end_of(2), is_balance=True, label="Solde"),
        ]
        plan = scene.firm.plan(dossier, mission, dues)
        if is_balance:
            scene.spares("FI-06", f"{plan}|2")
        else:
            scene.raises("FI-06", f"{plan}|2", WARNING, "Échéance du mois hors de l'exercice, sans être un solde")


@story
def engagement_expired(scene: Scene) -> None:
    """An expressly renewed mission ended last month and is still due; one twin renews tacitly, one ends that day."""
    day = scene.workday(10)
    for code, renewal, end in (
        ("raises", "EXPRESS", scene.end_of(-1)),
        ("spares", "TACIT", scene.end_of(-1)),
        ("spares", "EXPRESS", day),
    ):
        dossier, mission = scene.bookkeeping(renewal=renewal, end_date=end)
        scene.firm.plan(dossier, mission, [scene.due(dossier.current.start), scene.due(day)])
        if code == "raises":
            note = "Mission à reconduction expresse échue, une échéance tombe dans le mois"
            scene.raises("FI-07", mission, CRITICAL, note)
        else:
            scene.spares("FI-07", mission)


@story
def work_after_the_engagement(scene: Scene) -> None:
    """Time is recorded after an expressly renewed mission ended; the twin was renewed by a later mission."""
    worker = scene.staff.first("CONFIRME")
    note = "Temps passé après le terme d'une mission à reconduction expresse"
    _, mission = scene.advice(renewal="EXPRESS", end_date=scene.end_of(-1))
    scene.firm.entry(worker, mission, scene.workday(3), 120)
    scene.raises("FI-07", mission, CRITICAL, note)
    dossier, renewed = scene.advice(renewal="EXPRESS", end_date=scene.end_of(-1))
    scene.firm.entry(worker, renewed, scene.workday(3), 120)
    scene.firm.mission(dossier, "CONSEIL", "TIME", suffix="-R", start_date=scene.month)
    scene.spares("FI-07", renewed)


@story
def payroll_after_the_engagement(scene: Scene) -> None:
    """Payslips go on after the payroll mission ended and nobody renewed it; the twin's mission renews tacitly."""
    for renewal in ("EXPRESS", "TACIT"):
        _, mission, number = scene.payroll(renewal=renewal, end_date=scene.end_of(-1))
        scene.firm.steady_metric(number, 6)
        if renewal == "EXPRESS":
            scene.raises("FI-07", mission, CRITICAL, "Bulletins comptés après le terme de la mission de paie")
        else:
            scene.spares("FI-07", mission)
        scene.spares("FI-13", number)


@story
def amount_left_empty(scene: Scene) -> None:
    """The instalment of the month has no amount; the twin's amount is zero, which is legal."""
    for cents in (None, 0):
        dossier, mission = scene.bookkeeping()
        dues = [
            scene.due(scene.end_of(-6), 30_000),
            scene.due(scene.last_day, cents),
            scene.due(scene.end_of(3), 30_000),
        ]
        plan = scene.firm.plan(dossier, mission, dues, total=None)
        if cents is None:
            scene.raises("FI-17", f"{plan}|2", CRITICAL, "Échéance du mois sans montant")
        else:
            scene.spares("FI-17", f"{plan}|2")
