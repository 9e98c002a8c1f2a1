"""The ``prefact`` command: arguments, exit statuses, and errors a person can act on.

Exit statuses: 0 done; 1 something broke, wrong usage included; 2 a refusal by policy, as ``run --strict`` gives.
Nothing heavy is imported here: ``prefact --help`` costs the start of the interpreter and little more.
"""

from __future__ import annotations

import datetime as dt
import sys
import traceback
from collections.abc import Callable, Sequence

import click

from orchestration.errors import PrefactError
from orchestration.settings import (
    Workspace,
    create_workspace,
    guess_language,
    load_workspace,
    month_span,
    workspace_root,
)
from orchestration.texts import say

PROGRAM = "prefact"
DEFAULT_PORT = 3000
DEFAULT_MONTHS = 12
DEMO_FOLDER = "prefact-demo"
DEBUG = "--debug"


class TranslatedFormatter(click.HelpFormatter):
    """Help whose headings are in the person's language."""

    language = "fr"

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """Write the line that shows how to type the command.

        Args:
            prog: the command.
            args: what follows it.
            prefix: unused; the translated one is.
        """
        super().write_usage(prog, args, say(self.language, "help_usage"))

    def write_heading(self, heading: str) -> None:
        """Write a heading, translated when it is one of click's own.

        Args:
            heading: as click words it.
        """
        own = {"Options": "help_options", "Commands": "help_commands"}
        super().write_heading(say(self.language, own[heading]) if heading in own else heading)


def translated_context(language: str) -> type[click.Context]:
    """Return a context class whose help is in ``language``."""
    formatter = type("Formatter", (TranslatedFormatter,), {"language": language})
    return type("Context", (click.Context,), {"formatter_class": formatter})


def usage_text(error: click.UsageError, language: str) -> str:
    """Return a usage error in the person's language, with the way to the command's help.

    Args:
        error: as click raised it.
        language: of the text.
    """
    command = error.ctx.command_path if error.ctx else PROGRAM
    return f"{_usage_cause(error, language)} {say(language, 'usage_see_help', command=command)}"


def _usage_cause(error: click.UsageError, language: str) -> str:
    if isinstance(error, NoSuchCommand):
        return say(language, "usage_no_command", value=error.name, allowed=", ".join(error.known))
    if isinstance(error, ExtraArgument):
        return say(language, "usage_extra", value=error.value)
    if isinstance(error, click.NoSuchOption):
        near = say(language, "usage_near", allowed=", ".join(error.possibilities)) if error.possibilities else ""
        return say(language, "usage_no_option", value=error.option_name, near=near)
    if isinstance(error, click.MissingParameter) and error.param is not None:
        return say(language, "usage_missing", value=error.param.make_metavar(error.ctx))
    if isinstance(error, click.BadOptionUsage):
        return say(language, "usage_option_needs_value", value=error.option_name)
    if isinstance(error, BadChoice):
        return say(language, "usage_bad_choice", param=error.option, value=error.value, allowed=", ".join(error.known))
    return error.message


class NoSuchCommand(click.UsageError):
    """The first word is no command."""

    def __init__(self, name: str, known: Sequence[str], context: click.Context) -> None:
        super().__init__(name, context)
        self.name = name
        self.known = known


class ExtraArgument(click.UsageError):
    """A word too many."""

    def __init__(self, value: str, context: click.Context) -> None:
        super().__init__(value, context)
        self.value = value


class BadChoice(click.UsageError):
    """An option's value that is not among those it takes."""

    def __init__(self, option: str, value: str, known: Sequence[str], context: click.Context | None) -> None:
        super().__init__(value, context)
        self.option = option
        self.value = value
        self.known = known


class OneOf(click.ParamType):
    """A value out of a few."""

    name = "choice"

    def __init__(self, *known: str) -> None:
        self.known = known

    def convert(self, value: str, param: click.Parameter | None, context: click.Context | None) -> str:
        """Return the value when it is one of those known.

        Args:
            value: what was typed.
            param: the option.
            context: the command.
        """
        if value not in self.known:
            raise BadChoice(param.opts[-1] if param else "", value, self.known, context)
        return value


class WholeNumber(click.ParamType):
    """A whole number between two bounds, both allowed."""

    name = "number"

    def __init__(self, low: int, high: int) -> None:
        self.low = low
        self.high = high

    def convert(self, value: str | int, param: click.Parameter | None, context: click.Context | None) -> int:
        """Return the number.

        Args:
            value: what was typed.
            param: the option.
            context: the command.
        """
        if not str(value).isdecimal() or not self.low <= int(value) <= self.high:
            option = param.opts[-1] if param else ""
            raise BadChoice(option, str(value), (f"{self.low}..{self.high}",), context)
        return int(value)


class TranslatedCommand(click.Command):
    """A command whose surplus arguments and help option speak the person's language."""

    def __init__(self, language: str, **options: object) -> None:
        super().__init__(**options)
        self.language = language
        self.context_class = translated_context(language)
        self.options_metavar = say(language, "metavar_options")

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the command's words, and refuse what is left over.

        Args:
            ctx: the command's context.
            args: its words.
        """
        ctx.allow_extra_args = True
        super().parse_args(ctx, args)
        if ctx.args:
            raise ExtraArgument(ctx.args[0], ctx)
        return []

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """Return the help option with a translated text.

        Args:
            ctx: the command's context.
        """
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = say(self.language, "help_help")
        return option


class TranslatedGroup(click.Group):
    """The program: its commands in the order of a month's work, errors in the person's language."""

    def __init__(self, language: str, **options: object) -> None:
        super().__init__(**options)
        self.language = language
        self.context_class = translated_context(language)
        self.subcommand_metavar = say(language, "metavar_command")
        self.options_metavar = ""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order they were added.

        Args:
            ctx: the program's context.
        """
        return list(self.commands)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or say which ones there are.

        Args:
            ctx: the program's context.
            args: the words from the command on.
        """
        if args[0] not in self.commands and not args[0].startswith("-"):
            raise NoSuchCommand(args[0], self.list_commands(ctx), ctx)
        return super().resolve_command(ctx, args)

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """Return the help option with a translated text.

        Args:
            ctx: the program's context.
        """
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = say(self.language, "help_help")
        return option


def build_cli(language: str) -> click.Group:
    """Return the whole command tree with its help in one language.

    Args:
        language: ``fr`` or ``en``.
    """

    def text(key: str) -> str:
        return say(language, key)

    def workspace_option() -> click.Option:
        return click.Option(["-w", "--workspace"], metavar=text("metavar_folder"), help=text("help_workspace"))

    def debug_option() -> click.Option:
        return click.Option([DEBUG], is_flag=True, expose_value=False, help=text("help_debug"))

    def form_option() -> click.Option:
        return click.Option(
            ["--format", "form"],
            type=OneOf("table", "csv", "json"),
            default="table",
            metavar="table|csv|json",
            help=text("help_format"),
        )

    def month_argument(required: bool) -> click.Argument:
        return click.Argument(["month"], required=required, metavar=text("metavar_month"))

    def command(name: str, callback: Callable[..., None], *parameters: click.Parameter) -> click.Command:
        return TranslatedCommand(
            language,
            name=name,
            callback=callback,
            params=[*parameters, debug_option()],
            help=text(f"help_{name}"),
            short_help=text(f"help_{name}"),
        )

    folder = text("metavar_folder")
    program = TranslatedGroup(language, name=PROGRAM, help=text("help_main"))
    for entry in (
        command("init", init, click.Argument(["folder"], required=False, metavar=f"[{folder}]"), workspace_option()),
        command("demo", demo, click.Argument(["folder"], required=False, metavar=f"[{folder}]")),
        command(
            "run",
            run,
            month_argument(True),
            workspace_option(),
            click.Option(["--control-date"], metavar=text("metavar_date"), help=text("help_control_date")),
            click.Option(["--strict"], is_flag=True, help=text("help_strict")),
            click.Option(["--what-if"], metavar=text("metavar_file"), help=text("help_what_if")),
        ),
        command("status", status, month_argument(False), workspace_option()),
        command(
            "anomalies",
            anomalies,
            month_argument(False),
            workspace_option(),
            click.Option(["--code"], metavar=text("metavar_code"), help=text("help_code")),
            click.Option(["--manager"], metavar=text("metavar_manager"), help=text("help_manager")),
            click.Option(["--propose"], is_flag=True, help=text("help_propose")),
            form_option(),
        ),
        command("explain", explain, click.Argument(["line_key"], metavar=text("metavar_line")), workspace_option()),
        command(
            "validate",
            validate,
            month_argument(True),
            workspace_option(),
            *(
                click.Option([f"--{name}"], multiple=True, metavar=text("metavar_id"), help=text(f"help_{key}"))
                for name, key in (
                    ("client-file", "client_file"),
                    ("client", "client"),
                    ("contract", "contract"),
                )
            ),
        ),
        command(
            "export",
            export,
            month_argument(True),
            workspace_option(),
            click.Option(
                ["--format", "formats"],
                default="csv,json,parquet",
                show_default=True,
                metavar="csv,json,parquet,facturx",
                help=text("help_formats"),
            ),
        ),
        command(
            "forecast",
            forecast,
            workspace_option(),
            click.Option(
                ["--months"],
                type=WholeNumber(1, 60),
                default=DEFAULT_MONTHS,
                show_default=True,
                metavar="N",
                help=text("help_months"),
            ),
            form_option(),
        ),
        command("map", propose, workspace_option(), form_option()),
        command(
            "confirm",
            confirm,
            click.Argument(["document_id"], required=False, metavar=text("metavar_document")),
            workspace_option(),
            click.Option(["--version"], type=WholeNumber(1, 9999), metavar="N", help=text("help_letter_version")),
            form_option(),
        ),
        command("rebuild", rebuild, workspace_option()),
        command(
            "ui",
            ui,
            workspace_option(),
            click.Option(
                ["--port"],
                type=WholeNumber(1, 65535),
                default=DEFAULT_PORT,
                show_default=True,
                help=text("help_port"),
                metavar="N",
            ),
        ),
    ):
        program.add_command(entry)
    return program


def init(folder: str | None, workspace: str | None) -> None:
    """Prepare a workspace.

    Args:
        folder: where; else as for every command.
        workspace: the option ``-w``.
    """
    from orchestration.summary import show_created

    root = workspace_root(folder or workspace)
    language = guess_language(root)
    show_created(root, create_workspace(root, language), language)


def run(month: str, workspace: str | None, control_date: str | None, strict: bool, what_if: str | None) -> None:
    """Run a month, or the months of a range.

    Args:
        month: ``YYYY-MM`` or a range.
        workspace: the option ``-w``.
        control_date: ``YYYY-MM-DD``.
        strict: whether open critical anomalies are a refusal.
        what_if: a file of corrections to play the month with, without changing anything.
    """
    place = load_workspace(workspace_root(workspace))
    months = month_span(month, dt.date.today())
    chosen = read_control_date(control_date, months) if control_date else None
    if what_if is not None:
        from orchestration.summary import Progress
        from orchestration.what_if import show_what_if

        progress = Progress(place.settings.language, sys.stderr)
        for each in months:
            show_what_if(place, each, chosen, what_if, progress.show, progress.close)
        return
    run_and_show(place, months, chosen, strict)


def run_and_show(place: Workspace, months: Sequence[str], control_date: dt.date | None, strict: bool) -> None:
    """Run months with progress on stderr and, on stdout, a summary of each.

    Args:
        place: the workspace.
        months: ``YYYY-MM``, oldest first.
        control_date: None for each month's default.
        strict: whether open critical anomalies are a refusal.

    Raises:
        PolicyRefusal: with ``strict``, when critical anomalies are open in one of the months.
    """
    from orchestration.month import MonthOutcome, carry_out, command_words, run_order
    from orchestration.summary import Progress, refuse_open_criticals, show_month
    from orchestration.validation import split_validated

    language = place.settings.language
    progress = Progress(language, sys.stderr)
    validated, unshown, to_run = split_validated(place, months)

    def finished(outcome: MonthOutcome) -> None:
        progress.close(outcome)
        if outcome.month in to_run:
            show_month(place, outcome)

    for month in validated:
        print(say(language, "run_validated", month=month))
    runs = [
        run_order(month, control_date or place.settings.control_date(month), fetch=month == to_run[0])
        for month in to_run
    ]
    orders = [*unshown, *runs]
    if orders:
        carry_out(place, command_words("run", months), orders, progress.show, finished)
    if strict and to_run:
        refuse_open_criticals(place, to_run)


def validate(
    month: str,
    workspace: str | None,
    client_file: Sequence[str],
    client: Sequence[str],
    contract: Sequence[str],
) -> None:
    """Validate a month, or the months of a range.

    Args:
        month: ``YYYY-MM`` or a range.
        workspace: the option ``-w``.
        client_file: only these client files.
        client: only the client files of these clients.
        contract: only what these contracts bill.
    """
    from assets.validation import Scope
    from orchestration.summary import Progress
    from orchestration.validation import validate_months

    place = load_workspace(workspace_root(workspace))
    months = month_span(month, dt.date.today())
    progress = Progress(place.settings.language, sys.stderr)
    scope = Scope(tuple(client_file), tuple(client), tuple(contract))
    validate_months(place, months, scope, progress.show, progress.close)


def read_control_date(text: str, months: Sequence[str]) -> dt.date:
    """Return the control date a person typed.

    Args:
        text: what was typed.
        months: the months to run.

    Raises:
        PrefactError: when it is no date, not in the month, or there are several months.
    """
    if len(months) > 1:
        raise PrefactError("control_date_range", value=f"{months[0]}..{months[-1]}")
    try:
        date = dt.datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError as error:
        raise PrefactError("bad_control_date", value=text, example=f"{months[0]}-15") from error
    if f"{date:%Y-%m}" != months[0]:
        raise PrefactError("control_date_outside", value=text, month=months[0])
    return date


def demo(folder: str | None) -> None:
    """Generate a fictitious firm in a folder and run its month.

    Args:
        folder: where; ``prefact-demo`` by default.
    """
    from orchestration.example import prepare_demo

    place, month = prepare_demo(workspace_root(folder or DEMO_FOLDER))
    run_and_show(place, [month], None, strict=False)


def status(month: str | None, workspace: str | None) -> None:
    """Show where the months stand.

    Args:
        month: one month or a range, in detail; all of them by default.
        workspace: the option ``-w``.
    """
    from orchestration.reading import latest_month, require_months
    from orchestration.state import show_nothing_run, show_status

    place = load_workspace(workspace_root(workspace))
    today = dt.date.today()
    wanted = month_span(month, today) if month else []
    if not wanted and latest_month(place) is None:
        show_nothing_run(place, f"{today:%Y-%m}")
        return
    show_status(place, require_months(place, wanted, f"{today:%Y-%m}"), in_detail=bool(month))


def anomalies(
    month: str | None, workspace: str | None, code: str | None, manager: str | None, propose: bool, form: str
) -> None:
    """List the anomalies to work on.

    Args:
        month: one month or a range; the month run last by default.
        workspace: the option ``-w``.
        code: only this rule.
        manager: only the client files of this manager.
        propose: whether to write the corrections that would mend them, for review, instead of listing them.
        form: ``table``, ``csv`` or ``json``.
    """
    from orchestration.proposals import write_proposals
    from orchestration.reading import latest_month, require_months
    from orchestration.worklist import show_anomalies

    place = load_workspace(workspace_root(workspace))
    today = dt.date.today()
    latest = latest_month(place)
    wanted = month_span(month, today) if month else [latest] if latest else []
    months = require_months(place, wanted, f"{today:%Y-%m}")
    if propose:
        write_proposals(place, months, code)
    else:
        show_anomalies(place, months, code, manager, form)


def explain(line_key: str, workspace: str | None) -> None:
    """Explain one line.

    Args:
        line_key: the line.
        workspace: the option ``-w``.
    """
    from orchestration.explain import show_line

    show_line(load_workspace(workspace_root(workspace)), line_key, f"{dt.date.today():%Y-%m}")


def export(month: str, workspace: str | None, formats: str) -> None:
    """Hand over the validated lines of a month, or of the months of a range.

    Args:
        month: ``YYYY-MM`` or a range.
        workspace: the option ``-w``.
        formats: joined by commas.
    """
    from orchestration.handover import export_months
    from orchestration.summary import Progress

    place = load_workspace(workspace_root(workspace))
    progress = Progress(place.settings.language, sys.stderr)
    months = month_span(month, dt.date.today())
    chosen = [name.strip() for name in formats.split(",") if name.strip()]
    export_months(place, months, chosen, progress.show, progress.close)


def forecast(workspace: str | None, months: int, form: str) -> None:
    """Show what will be billed.

    Args:
        workspace: the option ``-w``.
        months: how many.
        form: ``table``, ``csv`` or ``json``.
    """
    from orchestration.forecast import show_forecast

    show_forecast(load_workspace(workspace_root(workspace)), months, form, f"{dt.date.today():%Y-%m}")


def propose(workspace: str | None, form: str) -> None:
    """Propose mappings for the names of time trackers that none covers.

    Args:
        workspace: the option ``-w``.
        form: ``table``, ``csv`` or ``json``.
    """
    from orchestration.mappings import propose_mappings

    place = load_workspace(workspace_root(workspace))
    propose_mappings(place, form, dt.date.today(), lambda line: print(line, file=sys.stderr))


def confirm(document_id: str | None, workspace: str | None, version: int | None, form: str) -> None:
    """Show the letters read from a PDF that wait, or confirm one.

    Args:
        document_id: the letter to confirm; the list by default.
        workspace: the option ``-w``.
        version: of the letter.
        form: of the list, ``table``, ``csv`` or ``json``.
    """
    from orchestration.confirm import confirm_letter, show_waiting

    place = load_workspace(workspace_root(workspace))
    if document_id is None:
        show_waiting(place, form)
    else:
        confirm_letter(place, document_id, version)


def rebuild(workspace: str | None) -> None:
    """Make the warehouse anew.

    Args:
        workspace: the option ``-w``.
    """
    from orchestration.rebuild import rebuild_and_show
    from orchestration.summary import Progress

    place = load_workspace(workspace_root(workspace))
    progress = Progress(place.settings.language, sys.stderr)
    rebuild_and_show(place, progress.show, progress.close)


def ui(workspace: str | None, port: int) -> None:
    """Serve Dagster's interface on 127.0.0.1.

    Args:
        workspace: the option ``-w``.
        port: the local port.
    """
    from orchestration.web import serve

    serve(load_workspace(workspace_root(workspace)), port)


def typed_language(arguments: Sequence[str]) -> str:
    """Return the language to speak before the workspace is checked: that of the workspace the words point at.

    Args:
        arguments: the command line.
    """
    folder = None
    for number, word in enumerate(arguments):
        if word in ("-w", "--workspace") and number + 1 < len(arguments):
            folder = arguments[number + 1]
        elif word.startswith("--workspace="):
            folder = word.partition("=")[2]
        elif word.startswith("-w") and not word.startswith("--") and len(word) > 2:
            folder = word[2:]
    return guess_language(workspace_root(folder))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status.

    Args:
        arguments: the words after ``prefact``; those of the process by default.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    debug = DEBUG in words
    language = typed_language(words)
    try:
        build_cli(language).main(words or ["--help"], prog_name=PROGRAM, standalone_mode=False)
    except click.UsageError as error:
        return fail(usage_text(error, language), 1, debug, language, "error")
    except PrefactError as error:
        return fail(error.text(language), error.exit_code, debug, language, error.heading)
    except (KeyboardInterrupt, click.Abort):
        return fail(say(language, "interrupted"), 1, debug, language, "error")
    except BrokenPipeError:
        # Whoever read the output (`| head`) has seen enough.
        sys.stderr.close()
        return 0
    except OSError as error:
        text = say(language, "cannot_use", path=error.filename or "?", detail=error.strerror or error)
        return fail(text, 1, debug, language, "error")
    except Exception as error:
        text = say(language, "unexpected_error", kind=type(error).__name__, detail=" ".join(str(error).split()))
        return fail(text, 1, debug, language, "error")
    return 0


def fail(text: str, status: int, debug: bool, language: str, heading: str) -> int:
    """Show an error on stderr and return the exit status; with ``--debug`` the trace comes first.

    Args:
        text: cause and way out.
        status: the exit status.
        debug: whether to show the trace of the exception being handled.
        language: of the heading.
        heading: key of the first word.
    """
    if debug:
        traceback.print_exc()
    colon = " : " if language == "fr" else ": "
    print(f"{say(language, heading)}{colon}{text}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
