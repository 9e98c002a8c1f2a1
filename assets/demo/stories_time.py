"""Stories about people, their time and their rates: FI-02, FI-08, FI-10, FI-11, FI-20 and the hours of FI-15."""

from __future__ import annotations

from assets.demo.dates import shift
from assets.demo.firm import day_before
from assets.demo.scene import CRITICAL, WARNING, Scene, story


@story
def time_on_unknown_mission(scene: Scene) -> None:
    """Time on a mission nobody knows; the twin on the same code is not to be billed."""
    worker = scene.staff.first("ASSISTANT")
    entry = scene.firm.entry(worker, "DIVERS", scene.workday(4), 90)
    scene.raises("FI-02", entry, CRITICAL, "Temps imputé sur une mission inconnue")
    internal = scene.firm.entry(worker, "DIVERS", scene.workday(4), 45, billable=False, description="Réunion interne")
    scene.spares("FI-02", internal)


@story
def vintage_mistyped(scene: Scene) -> None:
    """The vintage was mistyped, no such mission exists; the twin goes to last year's vintage, which is still open."""
    worker = scene.staff.first("CONFIRME")
    dossier = scene.dossier(previous="OPEN")
    before = scene.firm.mission(dossier, "CONSEIL", "TIME", year=dossier.years[0])
    entry = scene.firm.entry(worker, f"{dossier.file_id}-CONSEIL-{scene.month.year + 9}", scene.workday(7), 60)
    scene.raises("FI-02", entry, CRITICAL, "Millésime mal saisi : la mission n'existe pas")
    scene.spares("FI-02", scene.firm.entry(worker, before, scene.workday(7), 60))


@story
def trainee_without_rate(scene: Scene) -> None:
    """A trainee's grade has no rate; one twin has a rate of her own, another's time is covered by a flat fee."""
    _, mission = scene.advice()
    dossier, flat = scene.bookkeeping()
    scene.monthly(dossier, flat)
    trainee, other = scene.person("STAGIAIRE"), scene.person("STAGIAIRE")
    scene.own_rate(other, 4500)
    entry = scene.firm.entry(trainee.collaborator_id, mission, scene.workday(5), 120)
    scene.raises("FI-08", entry, CRITICAL, "Stagiaire sans taux de vente, ni propre ni de grade")
    scene.spares(
        "FI-08",
        scene.firm.entry(other.collaborator_id, mission, scene.workday(5), 120),
        scene.firm.entry(trainee.collaborator_id, flat, scene.workday(6), 120),
    )


@story
def rate_starts_a_day_late(scene: Scene) -> None:
    """Work on the day before the rate begins; the twin on its first day."""
    _, mission = scene.advice()
    person = scene.person()
    scene.own_rate(person, 8000, start=scene.workday(9))
    entry = scene.firm.entry(person.collaborator_id, mission, scene.workday(8), 60)
    scene.raises("FI-08", entry, CRITICAL, "Travail la veille du début du taux")
    scene.spares("FI-08", scene.firm.entry(person.collaborator_id, mission, scene.workday(9), 60))


@story
def rate_ended(scene: Scene) -> None:
    """Work on the day after the only rate ended; the twin's grade takes over."""
    _, mission = scene.advice()
    person, graded = scene.person(), scene.person("CONFIRME")
    for somebody in (person, graded):
        scene.own_rate(somebody, 8000, end=day_before(scene.workday(6)))
    entry = scene.firm.entry(person.collaborator_id, mission, scene.workday(6), 60)
    scene.raises("FI-08", entry, CRITICAL, "Taux propre expiré, aucun grade pour prendre le relais")
    scene.spares("FI-08", scene.firm.entry(graded.collaborator_id, mission, scene.workday(6), 60))


@story
def entry_after_deadline(scene: Scene) -> None:
    """Work the day after the last day allowed; the twin on the very last day."""
    worker = scene.staff.first("CHEF")
    _, mission = scene.advice(last_time_entry_date=scene.workday(5))
    entry = scene.firm.entry(worker, mission, scene.workday(6), 60)
    scene.raises("FI-10", entry, CRITICAL, "Temps postérieur à la date limite de saisie")
    scene.spares("FI-10", scene.firm.entry(worker, mission, scene.workday(5), 60))


@story
def closed_vintage_by_time(scene: Scene) -> None:
    """Advice recorded on a closed vintage; the twin is not to be billed."""
    worker = scene.staff.first("CHEF")
    dossier = scene.dossier(previous="CLOSED")
    closed = scene.firm.mission(dossier, "CONSEIL", "TIME", year=dossier.years[0], status="CLOSED")
    entry = scene.firm.entry(worker, closed, scene.workday(5), 60)
    scene.raises("FI-10", entry, CRITICAL, "Conseil imputé sur un millésime clos")
    scene.spares("FI-10", scene.firm.entry(worker, closed, scene.workday(5), 30, billable=False))


@story
def closed_vintage_flat(scene: Scene) -> None:
    """Bookkeeping time on a closed vintage; the twin's vintage is old and still open."""
    worker = scene.staff.first("ASSISTANT")
    for status in ("CLOSED", "OPEN"):
        dossier = scene.dossier(previous=status)
        old = scene.firm.mission(dossier, "TENUE", "FLAT", year=dossier.years[0], status=status)
        entry = scene.firm.entry(worker, old, scene.workday(8), 60)
        if status == "CLOSED":
            scene.raises("FI-10", entry, CRITICAL, "Temps de tenue imputé sur un millésime clos")
        else:
            scene.spares("FI-10", entry)


@story
def budget_of_hours_exceeded(scene: Scene) -> None:
    """Ten hours were agreed and a quarter of an hour more was spent over two months; the twin reaches them exactly."""
    worker = scene.staff.first("CHEF")
    for minutes in (315, 300):
        _, mission = scene.advice(budget_minutes=600, budget_policy="FLAG")
        scene.firm.entry(worker, mission, scene.workday(12, -1), 300)
        scene.firm.entry(worker, mission, scene.workday(12), minutes)
        if minutes > 300:
            scene.raises("FI-11", mission, WARNING, "Budget de 10 h dépassé d'un quart d'heure")
        else:
            scene.spares("FI-11", mission)


@story
def capped_budget_exceeded(scene: Scene) -> None:
    """A capped budget is exceeded; the twin's budget is for information only."""
    worker = scene.staff.first("CONFIRME")
    for policy in ("CAP", "NONE"):
        _, mission = scene.advice(budget_minutes=240, budget_policy=policy)
        scene.firm.entry(worker, mission, scene.workday(2), 180)
        scene.firm.entry(worker, mission, scene.workday(9), 120)
        if policy == "CAP":
            scene.raises("FI-11", mission, WARNING, "Plafond de 4 h dépassé d'une heure")
        else:
            scene.spares("FI-11", mission)


@story
def budget_of_money_exceeded(scene: Scene) -> None:
    """900.00 were agreed at 90.00 an hour: ten hours and a quarter are too much; the twin spends ten hours."""
    person = scene.person()
    scene.own_rate(person, 9000)
    for minutes in (315, 300):
        _, mission = scene.advice(budget_amount="900.00", budget_policy="FLAG")
        scene.firm.entry(person.collaborator_id, mission, scene.workday(4), 300)
        scene.firm.entry(person.collaborator_id, mission, scene.workday(5), minutes)
        if minutes > 300:
            scene.raises("FI-11", mission, WARNING, "Budget de 900,00 € dépassé de 22,50 €")
        else:
            scene.spares("FI-11", mission)


@story
def collaborator_unknown(scene: Scene) -> None:
    """Time of somebody the firm does not know; the twin is a collaborator without employment dates."""
    dossier, mission = scene.bookkeeping()
    scene.monthly(dossier, mission)
    entry = scene.firm.entry("K999", mission, scene.workday(3), 60)
    scene.raises("FI-20", entry, CRITICAL, "Collaborateur inconnu du cabinet")
    somebody = scene.person("ASSISTANT")
    scene.spares("FI-20", scene.firm.entry(somebody.collaborator_id, mission, scene.workday(3), 60))


@story
def work_before_entry(scene: Scene) -> None:
    """Work the day before joining the firm; the twin on the first day."""
    _, mission = scene.advice()
    newcomer = scene.person("ASSISTANT", entry_date=scene.workday(6))
    entry = scene.firm.entry(newcomer.collaborator_id, mission, scene.workday(5), 60)
    scene.raises("FI-20", entry, CRITICAL, "Travail la veille de l'entrée du collaborateur")
    scene.spares("FI-20", scene.firm.entry(newcomer.collaborator_id, mission, scene.workday(6), 60))


@story
def work_after_exit(scene: Scene) -> None:
    """Work the day after leaving the firm; the twin on the last day."""
    _, mission = scene.advice()
    leaver = scene.person("CHEF", entry_date=shift(scene.month, -60), exit_date=scene.workday(8))
    entry = scene.firm.entry(leaver.collaborator_id, mission, scene.workday(9), 60)
    scene.raises("FI-20", entry, CRITICAL, "Travail le lendemain du départ du collaborateur")
    scene.spares("FI-20", scene.firm.entry(leaver.collaborator_id, mission, scene.workday(8), 60))


@story
def hours_jump(scene: Scene) -> None:
    """Two hours a month become six and a quarter; the twin's become six, exactly three times the mean."""
    person = scene.person()
    scene.own_rate(person, 9000)
    for minutes in (375, 360):
        _, mission = scene.advice()
        for months in (-3, -2, -1):
            scene.firm.entry(person.collaborator_id, mission, scene.workday(10, months), 120)
        scene.firm.entry(person.collaborator_id, mission, scene.workday(10), minutes)
        if minutes > 360:
            scene.raises("FI-15", mission, WARNING, "6 h 15 de conseil contre 2 h par mois auparavant")
        else:
            scene.spares("FI-15", mission)


@story
def hours_drop(scene: Scene) -> None:
    """Six hours a month become less than two; the twin's become two, exactly a third of the mean."""
    person = scene.person()
    scene.own_rate(person, 9000)
    for minutes in (105, 120):
        _, mission = scene.advice()
        for months in (-3, -2, -1):
            scene.firm.entry(person.collaborator_id, mission, scene.workday(10, months), 360)
        scene.firm.entry(person.collaborator_id, mission, scene.workday(10), minutes)
        if minutes < 120:
            scene.raises("FI-15", mission, WARNING, "1 h 45 de conseil contre 6 h par mois auparavant")
        else:
            scene.spares("FI-15", mission)
