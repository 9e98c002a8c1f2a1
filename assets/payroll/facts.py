"""Lines to facts: what is counted of each declaration, as anonymous keys.

A metric of a declaration is the number of distinct keys among its facts. Keys of persons and contracts are hashes that
live in memory only, as long as it takes to tell two of them apart.
"""

from __future__ import annotations

import polars as pl

from assets.payroll import rubrics
from assets.payroll.lines import value_of

#: Kinds of contracts, as bits: a person or a payment may have to do with several.
ORDINARY, INTERNSHIP, OFFICER = 1, 2, 4

#: What is counted: (metric, method) of `payroll_metric`, by number.
MEASURES: tuple[tuple[str, str | None], ...] = (
    ("PAYSLIPS", "PER_PAYMENT"),
    ("PAYSLIPS", "PER_CONTRACT"),
    ("PAYSLIPS", "PER_INDIVIDUAL"),
    ("NEW_HIRES", None),
    ("LEAVERS", None),
    ("SICK_LEAVES", None),
)
PER_PAYMENT, PER_CONTRACT, PER_INDIVIDUAL, NEW_HIRES, LEAVERS, SICK_LEAVES = range(len(MEASURES))

_RESETS = (rubrics.ENVELOPE, rubrics.DECLARATION)
_BLOCKS = (
    *_RESETS,
    rubrics.PERSON,
    rubrics.CONTRACT,
    rubrics.PAYMENT,
    rubrics.PAY,
    rubrics.SICK_LEAVE,
    rubrics.CONTRACT_END,
)


def facts_of(lines: pl.DataFrame) -> pl.DataFrame:
    """The facts in lines, each at the place of the line it was read from.

    Args:
        lines: as `lines.lines_of` gives them, cut where a person or a declaration begins.
    """
    lines = lines.filter(pl.col("block").is_in(_BLOCKS)).with_columns(value_of(pl.col("line")))
    lines = lines.with_columns(
        _within(rubrics.PERSON, *_RESETS).alias("person"),
        _within(rubrics.CONTRACT, rubrics.PERSON, *_RESETS).alias("contract"),
        _within(rubrics.PAYMENT, rubrics.PERSON, *_RESETS).alias("payment"),
    )
    persons = _persons(lines)
    contracts = _contracts(lines, persons)
    by_contract = contracts.select("contract", "key", "kinds")
    own_kinds = contracts.group_by("person").agg(pl.col("kinds").bitwise_or().alias("own_kinds"))
    pay = _pay(lines, contracts)
    payments = (
        lines.filter(pl.col("start") & (pl.col("block") == rubrics.PAYMENT))
        .select("place", "person", "payment")
        .join(pay.group_by("payment").agg(pl.col("kinds").bitwise_or()), on="payment", how="left")
        .join(own_kinds, on="person", how="left")
        .with_columns(_kinds())
        .join(persons, on="person", how="left")
    )
    ends = lines.filter(pl.col("rubric") == rubrics.END_DATE).join(by_contract, on="contract", how="left")
    leaves = lines.filter(pl.col("start") & (pl.col("block") == rubrics.SICK_LEAVE))
    gross = (
        pay.filter(pl.col("type") == rubrics.GROSS_PAY)
        .join(own_kinds, on="person", how="left")
        .with_columns(_kinds())
        .join(persons, on="person", how="left")
    )
    return pl.concat(
        [
            _facts(payments, PER_PAYMENT, pl.col("place")),
            _facts(payments, PER_INDIVIDUAL, pl.col("person_key")),
            _facts(gross, PER_CONTRACT, pl.struct("person_key", "number").hash()),
            _facts(contracts.drop_nulls("day").rename({"contract": "place"}), NEW_HIRES, pl.col("key"), pl.col("day")),
            _facts(ends, LEAVERS, pl.coalesce("key", pl.col("place").hash()), pl.col("value")),
            _facts(leaves.join(by_contract, on="contract", how="left"), SICK_LEAVES, pl.col("place")),
        ]
    )


def _within(block: str, *ends: str) -> pl.Expr:
    """The place where the instance of a block that a line is in, or below, begins; 0 outside of any."""
    begins = pl.col("start") & (pl.col("block") == block)
    ended = pl.col("start") & pl.col("block").is_in(ends)
    return pl.when(begins).then("place").when(ended).then(0).forward_fill().fill_null(0)


def _first(lines: pl.DataFrame, instance: str, rubric: str, name: str) -> pl.DataFrame:
    """The value of a rubric in each instance of its block that has one."""
    found = lines.filter((pl.col("rubric") == rubric) & (pl.col("value") != ""))
    return found.select(instance, pl.col("value").alias(name)).unique(instance, keep="first")


def _persons(lines: pl.DataFrame) -> pl.DataFrame:
    """`person_key` of each person: of the best id there is, else of the place, which is nobody else's."""
    persons = lines.filter(pl.col("start") & (pl.col("block") == rubrics.PERSON)).select("person")
    for rank, rubric in enumerate(rubrics.PERSON_IDS):
        persons = persons.join(_first(lines, "person", rubric, f"id{rank}"), on="person", how="left")
    ids = [f"id{rank}" for rank in range(len(rubrics.PERSON_IDS))]
    # The kind of the id belongs to it: a staff number may look like another's temporary id.
    known = pl.coalesce(*(pl.concat_str(pl.lit(name), name) for name in ids))
    return persons.select(
        "person", pl.when(known.is_null()).then(pl.col("person").hash()).otherwise(known.hash()).alias("person_key")
    )


def _contracts(lines: pl.DataFrame, persons: pl.DataFrame) -> pl.DataFrame:
    """Each contract: `key`, `number`, `kinds` and the `day` it starts."""
    contracts = lines.filter(pl.col("start") & (pl.col("block") == rubrics.CONTRACT)).select("contract", "person")
    for rubric, name in (
        (rubrics.CONTRACT_NUMBER, "number"),
        (rubrics.CONTRACT_START, "day"),
        (rubrics.CONTRACT_NATURE, "nature"),
    ):
        contracts = contracts.join(_first(lines, "contract", rubric, name), on="contract", how="left")
    contracts = contracts.join(persons, on="person", how="left")
    own = pl.coalesce("number", pl.concat_str(pl.lit("|"), "day"), pl.concat_str(pl.lit("#"), "contract"))
    return contracts.select(
        "contract",
        "person",
        "number",
        "day",
        pl.struct("person_key", own.alias("own")).hash().alias("key"),
        pl.when(pl.col("nature") == rubrics.INTERNSHIP)
        .then(INTERNSHIP)
        .when(pl.col("nature") == rubrics.OFFICER)
        .then(OFFICER)
        .otherwise(ORDINARY)
        .cast(pl.Int8)
        .alias("kinds"),
    )


def _pay(lines: pl.DataFrame, contracts: pl.DataFrame) -> pl.DataFrame:
    """Each line of pay: its `payment` and `person`, the `number` and `kinds` of its contract, its `type`."""
    pay = lines.filter(pl.col("block") == rubrics.PAY).with_columns(
        pl.when("start").then("place").forward_fill().alias("pay")
    )
    instances = pay.filter("start").select("pay", "payment", "person", "place")
    for rubric, name in ((rubrics.PAY_CONTRACT, "number"), (rubrics.PAY_TYPE, "type")):
        instances = instances.join(_first(pay, "pay", rubric, name), on="pay", how="left")
    kinds = contracts.drop_nulls("number").group_by("person", "number").agg(pl.col("kinds").bitwise_or())
    return instances.join(kinds, on=["person", "number"], how="left")


def _kinds() -> pl.Expr:
    """Kinds of the contracts paid for; of all the person has where none is named; else ordinary."""
    return pl.coalesce("kinds", "own_kinds", pl.lit(ORDINARY, pl.Int8)).alias("kinds")


def _facts(rows: pl.DataFrame, measure: int, key: pl.Expr, day: pl.Expr | None = None) -> pl.DataFrame:
    """Facts of one measure; `day` is the date, DDMMYYYY, that has to lie in the month declared, if any has to."""
    return rows.select(
        pl.col("place"),
        pl.lit(measure, pl.Int8).alias("measure"),
        key.cast(pl.UInt64).alias("key"),
        pl.col("kinds").fill_null(ORDINARY),
        (pl.lit(None, pl.String) if day is None else day).alias("day"),
    )
