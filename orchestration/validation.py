"""`prefact validate` and what `prefact run` does with a month that is validated."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from assets.publication import published_months
from assets.validation import Scope, ValidationError, ValidationPlan, person, plan_validation
from orchestration.lock import workspace_lock
from orchestration.month import (
    MONTH_JOB,
    STATUS_SECONDS,
    VALIDATE_JOB,
    MonthOutcome,
    Order,
    carry_out,
    command_words,
    explained,
)
from orchestration.render import count, euros, table
from orchestration.settings import Workspace
from orchestration.summary import command_line
from orchestration.texts import say


def validate_months(
    workspace: Workspace,
    months: Sequence[str],
    scope: Scope,
    show: Callable[[str, str, float | None], None],
    finished: Callable[[MonthOutcome], None],
) -> None:
    """Validate months, oldest first, and say what is frozen before it is.

    Nothing is written before every month was found fit to be validated.

    Args:
        workspace: the folder and its settings.
        months: `YYYY-MM`.
        scope: which client files.
        show: told of each stage as it begins and ends.
        finished: called with each month's outcome as soon as it is published.

    Raises:
        PrefactError: with the cause and the way out; a `PolicyRefusal` when a policy forbids it.
    """
    language = workspace.settings.language
    what = command_words("validate", months)
    with workspace_lock(workspace.hidden, what, wait_seconds=STATUS_SECONDS):
        plans = [plan_month(workspace, month, scope) for month in months]
        for line in (line for plan in plans for line in plan_lines(plan, language)):
            print(line)
        orders = [validation_order(plan, scope) for plan in plans if not (plan.is_settled and plan.is_shown)]
        if not orders:
            return
        by_month = {plan.month: plan for plan in plans}

        def published(outcome: MonthOutcome) -> None:
            finished(outcome)
            print("\n".join(done_lines(workspace, by_month[outcome.month])))

        carry_out(workspace, what, orders, show, published)


def plan_month(workspace: Workspace, month: str, scope: Scope) -> ValidationPlan:
    """Return what validating a month would do, errors in words for people.

    Args:
        workspace: the folder and its settings.
        month: `YYYY-MM`.
        scope: which client files.
    """
    try:
        return plan_validation(workspace.root, month, scope, workspace.settings.language)
    except Exception as error:
        raise explained(error, workspace, month) from error


def validation_order(plan: ValidationPlan, scope: Scope) -> Order:
    """Return the order that freezes a plan and shows it.

    Args:
        plan: of the month.
        scope: as it was asked for.
    """
    names = {
        "client_files": list(scope.client_files),
        "clients": list(scope.clients),
        "contracts": list(scope.contracts),
    }
    steps = {"ledger": {"validate_draft": True, **names}, "ingest": {"as_published": True}}
    return Order(VALIDATE_JOB, plan.month, plan.control_date, steps)


def split_validated(workspace: Workspace, months: Sequence[str]) -> tuple[list[str], list[Order], list[str]]:
    """Return the months that are validated for good, the orders to show those not shown yet, and those to be run.

    A month closed client file by client file is run again when files have changed: a new client file opens it.

    Args:
        workspace: the folder and its settings.
        months: `YYYY-MM`.

    Raises:
        PrefactError: when the ledger does not hold.
    """
    validated: list[str] = []
    unshown: list[Order] = []
    to_run: list[str] = []
    known = published_months(workspace.published)
    for month in months:
        try:
            plan = (
                plan_validation(workspace.root, month, Scope(), workspace.settings.language) if month in known else None
            )
        except ValidationError:
            plan = None
        except Exception as error:
            raise explained(error, workspace, month) from error
        if plan is None or not plan.is_settled:
            to_run.append(month)
            continue
        validated.append(month)
        if not plan.is_shown:
            unshown.append(Order(MONTH_JOB, month, plan.control_date, {"ingest": {"as_published": True}}))
    return validated, unshown, to_run


def plan_lines(plan: ValidationPlan, language: str) -> list[str]:
    """Return what is about to be frozen and what stays out.

    Args:
        plan: of the month.
        language: of the words.
    """
    scope = "" if plan.named is None else say(language, "validate_scope", files=", ".join(plan.named))
    if plan.is_settled:
        return [say(language, "validate_again", month=plan.month, scope=scope)] if plan.is_shown else []
    lines = [say(language, "validate_title", month=plan.month, person=person(), scope=scope), ""]
    if not plan.totals:
        return [*lines, say(language, "validate_nothing_ready"), ""]
    headers = [say(language, f"column_{name}") for name in ("mode", "lines", "net", "held", "held_net")]
    rows = [
        [
            say(language, f"mode_{total.billing_mode}"),
            count(total.lines, language),
            euros(total.amount_net, language),
            count(total.held_lines, language),
            euros(total.held_net, language)
            + (say(language, "summary_unknown", count=total.held_unknown) if total.held_unknown else ""),
        ]
        for total in plan.totals
    ]
    rows.append(
        [
            say(language, "summary_total"),
            count(sum(total.lines for total in plan.totals), language),
            euros(sum(total.amount_net for total in plan.totals), language),
            count(sum(total.held_lines for total in plan.totals), language),
            euros(sum(total.held_net for total in plan.totals), language),
        ]
    )
    lines += table(headers, rows, "lrrrr")
    if any(total.held_lines for total in plan.totals):
        lines.append("  " + say(language, "validate_held"))
    return [*lines, ""]


def done_lines(workspace: Workspace, plan: ValidationPlan) -> list[str]:
    """Return what was done and what comes next.

    Args:
        workspace: the folder.
        plan: of the month.
    """
    language = workspace.settings.language
    if plan.is_settled:
        return [say(language, "validate_finished", month=plan.month)]
    return [
        say(
            language,
            "validate_done",
            month=plan.month,
            lines=count(sum(total.lines for total in plan.totals), language),
            amount=euros(sum(total.amount_net for total in plan.totals), language),
        ),
        say(language, "summary_published", folder=workspace.published / plan.month),
        say(language, "summary_next", command=command_line(workspace, "status", plan.month)),
    ]
