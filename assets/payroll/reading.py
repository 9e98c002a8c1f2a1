"""`read_payroll`: files of payroll declarations to counts, within limits of memory.

A file is taken or refused whole as far as its structure goes: a truncated one would count too little. A declaration
whose head cannot be understood is rejected alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from assets.contract import TABLES
from assets.messages import MASK
from assets.normalise import REJECT_SCHEMA, key_text, polars_type, rejects
from assets.payroll import rubrics
from assets.payroll.facts import INTERNSHIP, MEASURES, OFFICER, ORDINARY, facts_of
from assets.payroll.lines import FILE_SHIFT, Piece, batches, lines_of, value_of
from assets.readers import FileRefused

TABLE = TABLES["payroll_declaration"]

_HEAD_RUBRICS = (
    rubrics.NATURE,
    rubrics.TYPE,
    rubrics.FRACTION,
    rubrics.ORDER,
    rubrics.MONTH,
    rubrics.DATE,
    rubrics.PART,
    rubrics.SIREN,
    rubrics.NIC,
)
#: What is kept of each declaration and envelope until its file ends.
_READ = (*_HEAD_RUBRICS, rubrics.PURPOSE, rubrics.NORM, rubrics.RUBRICS_WRITTEN, rubrics.DECLARATIONS_WRITTEN)
_HEAD_BLOCKS = (rubrics.ENVELOPE, rubrics.DECLARATION, rubrics.COMPANY, rubrics.ESTABLISHMENT, rubrics.TOTAL)
#: Totals a file writes, and what was counted.
_TOTALS = {rubrics.RUBRICS_WRITTEN: "rubrics", rubrics.DECLARATIONS_WRITTEN: "declarations"}
_LARGEST_TOTAL = 99_999_999
_TYPES = ("01", "02", "03", "04", "05")
_PARTS = ("01", "02", "03")
#: Columns of counts, and the kinds of contracts that each of them counts.
QUANTITIES = {
    "quantity": ORDINARY | INTERNSHIP | OFFICER,
    "without_internships": ORDINARY | OFFICER,
    "without_officers": ORDINARY | INTERNSHIP,
    "without_both": ORDINARY,
}


@dataclass(frozen=True)
class Counts:
    """What one file declares.

    Attributes:
        rows: rows of `payroll_declaration`, one per declaration and measure; `_row` is the line where it begins.
        rejects: declarations that cannot be understood: the row is that line, the column the rubric.
        remarks: what a person may want to know: sends for test, norms not known yet.
    """

    rows: pl.DataFrame
    rejects: pl.DataFrame
    remarks: tuple[str, ...]


def read_payroll(paths: Sequence[Path]) -> list[Counts | FileRefused | OSError]:
    """Reads files of payroll declarations, many small ones at once as fast as a large one.

    Args:
        paths: the files.

    Returns:
        What each declares, or why it is refused, or why the system does not let one read it.
    """
    results: dict[int, Counts | FileRefused | OSError] = {}
    pending = _Pending()
    for batch, failed in batches(paths):
        results |= failed
        pending.take(batch)
        if batch and batch[-1].last:
            results |= pending.finish(results)
            pending = _Pending()
    results |= pending.finish(results)
    return [results[number] for number in range(len(paths))]


class _Pending:
    """What was read of files that go on in the next batch, and of those that came with them."""

    def __init__(self) -> None:
        self.files: set[int] = set()
        self.heads: list[pl.DataFrame] = []
        self.counts: list[pl.DataFrame] = []
        self.uncounted: list[pl.DataFrame] = []
        self.odd: list[pl.DataFrame] = []
        self.sizes: list[pl.DataFrame] = []
        self.rubrics = 0

    def take(self, batch: list[Piece]) -> None:
        """Reads the lines of a batch."""
        if not batch:
            return
        self.files |= {piece.file for piece in batch}
        lines, odd = lines_of(batch)
        self.odd.append(odd)
        lines = lines.filter(~pl.col("block").str.head(3).is_in(rubrics.WRAPPING))
        self.sizes.append(lines.group_by(_file().alias("file")).len("size"))
        first = self.rubrics
        self.rubrics += lines.height
        ordinal = pl.int_range(first, first + pl.len(), dtype=pl.Int64).alias("ordinal")
        block, rubric = pl.col("block"), pl.col("rubric")
        wanted = rubric.is_in(_READ) | (block == rubrics.TOTAL) | (pl.col("start") & block.is_in(_HEAD_BLOCKS))
        heads = (
            lines.with_columns(ordinal)
            .filter(wanted)
            .select(
                "place",
                "ordinal",
                block.cast(pl.Enum(_HEAD_BLOCKS)),
                rubric.cast(pl.Enum(_READ), strict=False),
                "start",
                value_of(pl.col("line")),
            )
        )
        self.heads.append(heads)
        begins = _begins(heads)
        facts = _placed(facts_of(lines), begins)
        # What began in an earlier batch, or goes on in the next, is counted when all of it is there.
        open_ended = begins["place"].max() if begins.height and not batch[-1].last else None
        waits = pl.col("declaration").is_null() | (pl.col("declaration") == pl.lit(open_ended, pl.Int64)).fill_null(
            False
        )
        self.counts.append(_counts(facts.filter(~waits), heads, begins))
        self.uncounted.append(facts.filter(waits).drop("declaration"))

    def finish(self, known: dict[int, Counts | FileRefused | OSError]) -> dict[int, Counts | FileRefused]:
        """What the files declare, all of which were read to the end, but for those whose fate is known already."""
        wanted = sorted(self.files - set(known))
        if not wanted:
            return {}
        heads = _with_envelopes(pl.concat(self.heads))
        envelopes = _envelopes(heads)
        refused = _refused(wanted, envelopes, pl.concat(self.odd), pl.concat(self.sizes))
        remarks = _remarks(envelopes)
        declared = _declarations(heads, envelopes)
        problems = _problems(declared)
        sound = declared.join(problems.select("place").unique(), on="place", how="anti")
        begins = _begins(heads)
        self.counts.append(_counts(_placed(pl.concat(self.uncounted), begins), heads, begins))
        rows = _rows(sound, pl.concat(self.counts))
        rows_of, problems_of = _by_file(rows), _by_file(problems.select(*REJECT_SCHEMA, "place"))
        no_rows, no_problems = rows.drop("place").clear(), rejects([])
        return {
            file: refused.get(file)
            or Counts(rows_of.get(file, no_rows), problems_of.get(file, no_problems), remarks.get(file, ()))
            for file in wanted
        }


def _by_file(rows: pl.DataFrame) -> dict[int, pl.DataFrame]:
    """Rows in the order of their `place`, by file; slices, since there may be many files of few rows."""
    counts = rows.group_by(_file().alias("file"), maintain_order=True).len()
    rows = rows.drop("place")
    result, offset = {}, 0
    for file, count in counts.iter_rows():
        result[file] = rows.slice(offset, count)
        offset += count
    return result


def _file() -> pl.Expr:
    return pl.col("place") // (1 << FILE_SHIFT)


def _line() -> pl.Expr:
    return pl.col("place") % (1 << FILE_SHIFT)


def _with_envelopes(heads: pl.DataFrame) -> pl.DataFrame:
    """Adds to each line the place where its envelope and its declaration begin; NULL outside of any."""
    opens = pl.col("start") & (pl.col("block") == rubrics.ENVELOPE)
    declares = pl.col("start") & (pl.col("block") == rubrics.DECLARATION)
    heads = heads.with_columns(
        pl.when(opens).then("place").forward_fill().alias("envelope"),
        pl.when(declares).then("place").when(opens).then(0).forward_fill().alias("declaration"),
    )
    # Files are refused that begin with anything but an envelope; none reaches into the next.
    same_file = pl.col("envelope") // (1 << FILE_SHIFT) == _file()
    return heads.with_columns(
        pl.when(same_file).then("envelope").alias("envelope"),
        pl.when(same_file & (pl.col("declaration") > 0)).then("declaration").alias("declaration"),
    )


def _first(rubric: str) -> pl.Expr:
    """The first value of a rubric in a group of lines."""
    return pl.col("value").filter((pl.col("rubric") == rubric) & (pl.col("value") != "")).first().alias(rubric)


def _envelopes(heads: pl.DataFrame) -> pl.DataFrame:
    """Envelopes with what they say of themselves and what was counted."""
    total = pl.col("block") == rubrics.TOTAL
    return (
        heads.drop_nulls("envelope")
        .group_by("envelope", maintain_order=True)
        .agg(
            *(_first(name) for name in (rubrics.PURPOSE, rubrics.NORM, rubrics.RUBRICS_WRITTEN)),
            _first(rubrics.DECLARATIONS_WRITTEN),
            (pl.col("ordinal").filter(total).max() - pl.col("ordinal").first() + 1).alias("rubrics"),
            pl.col("place").filter(total).max().alias("end"),
            (pl.col("start") & (pl.col("block") == rubrics.DECLARATION)).sum().alias("declarations"),
        )
        .with_columns((pl.col("envelope") // (1 << FILE_SHIFT)).alias("file"))
    )


def _refused(
    files: list[int], envelopes: pl.DataFrame, odd: pl.DataFrame, sizes: pl.DataFrame
) -> dict[int, FileRefused]:
    """Why files cannot be taken: each by the first reason there is."""
    refused: dict[int, FileRefused] = {}
    for file, line in odd.select(_file().alias("file"), _line().alias("line")).group_by("file").min().iter_rows():
        refused[file] = FileRefused("dsn_line", row=line)
    sizes = sizes.group_by("file").sum()
    enclosed = envelopes.group_by("file").agg(pl.col("rubrics").sum(), pl.col("end").max())
    outside = sizes.join(enclosed, on="file", how="left").filter(pl.col("rubrics").fill_null(0) != pl.col("size"))
    written = {name: pl.col(name).cast(pl.Int64, strict=False) for name in _TOTALS}
    judged = envelopes.select(
        "file",
        "end",
        (pl.col("envelope") % (1 << FILE_SHIFT)).alias("line"),
        *(pl.col(counted) for counted in _TOTALS.values()),
        *(value.alias(name) for name, value in written.items()),
    )
    for row in judged.filter(pl.col("end").is_null()).iter_rows(named=True):
        refused.setdefault(row["file"], FileRefused("dsn_cut", row=row["line"]))
    for name, counted in _TOTALS.items():
        differs = judged.filter(pl.col("end").is_not_null() & pl.col(name).ne_missing(pl.col(counted)))
        for row in differs.iter_rows(named=True):
            # Anything may stand there: only what may be a total is shown.
            said = str(row[name]) if row[name] is not None and 0 <= row[name] <= _LARGEST_TOTAL else MASK
            line = row["end"] % (1 << FILE_SHIFT)
            refusal = FileRefused("dsn_total", said, str(row[counted]), row=line, column=name)
            refused.setdefault(row["file"], refusal)
    for row in outside.iter_rows(named=True):
        end = row["end"] or 0
        refused.setdefault(row["file"], FileRefused("dsn_outside", row=end % (1 << FILE_SHIFT)))
    for file in set(files) - set(sizes["file"]):
        refused.setdefault(file, FileRefused("not_dsn", row=1))
    return refused


def _remarks(envelopes: pl.DataFrame) -> dict[int, tuple[str, ...]]:
    """What a person may want to know of each file, as `rubric 'value'`."""
    norm, purpose = pl.col(rubrics.NORM), pl.col(rubrics.PURPOSE)
    # Shown only when it looks like what it should be: anything may stand in a file.
    shown = pl.when(norm.str.contains(r"^[A-Z][0-9]{2}[A-Z][0-9]{2}$")).then(norm).otherwise(pl.lit(MASK))
    unknown = envelopes.filter(~norm.is_in(rubrics.KNOWN_NORMS).fill_null(False)).select(
        "file", pl.concat_str(pl.lit(f"{rubrics.NORM} "), shown.fill_null("–")).alias("remark")
    )
    tests = envelopes.filter(purpose.ne_missing(rubrics.REAL)).select(
        "file", pl.lit(f"{rubrics.PURPOSE} ≠ {rubrics.REAL}").alias("remark")
    )
    remarks = pl.concat([tests, unknown]).unique(maintain_order=True).group_by("file").agg("remark")
    return {file: tuple(sorted(texts)) for file, texts in remarks.iter_rows()}


def _declarations(heads: pl.DataFrame, envelopes: pl.DataFrame) -> pl.DataFrame:
    """The monthly declarations of real sends, their heads as text, blanks filled with what they mean."""
    real = envelopes.filter(pl.col(rubrics.PURPOSE) == rubrics.REAL).select("envelope")
    heads = heads.join(real, on="envelope", how="semi").drop_nulls("declaration")
    declared = heads.group_by(pl.col("declaration").alias("place"), maintain_order=True).agg(
        _first(name) for name in _HEAD_RUBRICS
    )
    return declared.filter(pl.col(rubrics.NATURE) == rubrics.MONTHLY).select(
        "place",
        pl.concat_str(pl.col(rubrics.SIREN).fill_null(""), pl.col(rubrics.NIC).fill_null("")).alias(rubrics.NIC),
        pl.col(rubrics.MONTH).fill_null(""),
        pl.col(rubrics.TYPE).fill_null(""),
        pl.col(rubrics.FRACTION).fill_null("11"),
        pl.col(rubrics.PART).fill_null("01"),
        pl.col(rubrics.ORDER).fill_null("0"),
        pl.col(rubrics.DATE),
    )


def _date(rubric: str) -> pl.Expr:
    """DDMMYYYY to a date."""
    value = pl.col(rubric)
    return pl.when(value.str.contains(r"^[0-9]{4}(?:19|20)[0-9]{2}$")).then(value).str.to_date("%d%m%Y", strict=False)


def _problems(declared: pl.DataFrame) -> pl.DataFrame:
    """Declarations whose head cannot be understood, with `place`, as rows of `REJECT_SCHEMA`."""
    fraction = pl.col(rubrics.FRACTION)
    whole = fraction.str.contains("^[1-9]{2}$") & (fraction.str.head(1) <= fraction.str.tail(1))
    checks = (
        (rubrics.NIC, pl.col(rubrics.NIC).str.contains("^[0-9]{14}$"), "siret", None),
        (rubrics.MONTH, _date(rubrics.MONTH).dt.day().fill_null(0) == 1, "dsn_month", None),
        (rubrics.TYPE, pl.col(rubrics.TYPE).is_in(_TYPES), "choice", ", ".join(_TYPES)),
        (rubrics.FRACTION, whole, "dsn_fraction", None),
        (rubrics.PART, pl.col(rubrics.PART).is_in(_PARTS), "choice", ", ".join(_PARTS)),
        (rubrics.ORDER, pl.col(rubrics.ORDER).str.contains("^[0-9]{1,9}$"), "integer", None),
        (rubrics.DATE, pl.col(rubrics.DATE).is_null() | _date(rubrics.DATE).is_not_null(), "dsn_date", None),
    )
    return pl.concat(
        declared.filter(~accepted).select(
            "place",
            _line().alias("row_number"),
            pl.lit(rubric).alias("column_name"),
            pl.lit(MASK).alias("value"),
            pl.lit(code).alias("code"),
            pl.lit(expected, pl.String).alias("first"),
            pl.lit(None, pl.String).alias("second"),
        )
        for rubric, accepted, code, expected in checks
    ).sort("place", maintain_order=True)


def _begins(heads: pl.DataFrame) -> pl.DataFrame:
    """`place` and `declaration`, the same, of where envelopes and declarations begin."""
    begins = heads.filter(pl.col("start") & pl.col("block").is_in([rubrics.ENVELOPE, rubrics.DECLARATION]))
    return begins.select("place", pl.col("place").alias("declaration"))


def _placed(rows: pl.DataFrame, begins: pl.DataFrame) -> pl.DataFrame:
    """Adds the `declaration` each row is in."""
    return rows.sort("place").join_asof(begins, on="place")


def _counts(facts: pl.DataFrame, heads: pl.DataFrame, begins: pl.DataFrame) -> pl.DataFrame:
    """How many of each measure there are in each declaration, in each of the ways to count."""
    months = _placed(heads.filter(pl.col("rubric") == rubrics.MONTH), begins).select(
        "declaration", pl.col("value").str.slice(2).alias("month_year")
    )
    return (
        facts.join(months.unique("declaration", keep="first", maintain_order=True), on="declaration")
        .filter(pl.col("day").is_null() | (pl.col("day").str.slice(2) == pl.col("month_year")))
        .group_by("declaration", "measure")
        .agg(
            pl.col("key").filter((pl.col("kinds") & kinds) > 0).n_unique().alias(name)
            for name, kinds in QUANTITIES.items()
        )
    )


def _rows(declared: pl.DataFrame, counts: pl.DataFrame) -> pl.DataFrame:
    """Rows of `payroll_declaration`, with `place`: each declaration with each measure, nothing counted being 0."""
    measures = pl.DataFrame(
        [(number, *names) for number, names in enumerate(MEASURES)],
        schema={"measure": pl.Int8, "metric_code": pl.String, "method": pl.String},
        orient="row",
    )
    rows = declared.join(measures, how="cross").join(
        counts, left_on=["place", "measure"], right_on=["declaration", "measure"], how="left", maintain_order="left"
    )
    individuals = ~pl.col(rubrics.TYPE).is_in(rubrics.NO_INDIVIDUALS)
    typed = {name: polars_type(TABLE.column(name)) for name in TABLE.column_names}
    return rows.select(
        pl.col(rubrics.NIC).alias("siret"),
        _date(rubrics.MONTH).dt.strftime("%Y-%m").alias("month"),
        pl.col(rubrics.FRACTION).alias("fraction"),
        pl.col(rubrics.PART).alias("part"),
        pl.col(rubrics.TYPE).alias("type"),
        _date(rubrics.DATE).alias("declared_on"),
        pl.col(rubrics.ORDER).cast(typed["order_no"]).alias("order_no"),
        "metric_code",
        "method",
        *(pl.when(individuals).then(name).fill_null(0).cast(typed[name]).alias(name) for name in QUANTITIES),
        _line().alias("_row"),
        "place",
    ).select("place", *TABLE.column_names, key_text(TABLE).alias("_key"), "_row")
