"""The rubrics of a DSN that are read, and the words it uses for them. All others are skipped.

A line is `Sxx.Gyy.zz.nnn,'value'`: the first ten characters name the block, the first fourteen the rubric.
"""

from __future__ import annotations

ENVELOPE = "S10.G00.00"
DECLARATION = "S20.G00.05"
COMPANY = "S21.G00.06"
ESTABLISHMENT = "S21.G00.11"
PERSON = "S21.G00.30"
CONTRACT = "S21.G00.40"
PAYMENT = "S21.G00.50"
PAY = "S21.G00.51"
SICK_LEAVE = "S21.G00.60"
CONTRACT_END = "S21.G00.62"
TOTAL = "S90.G00.90"
#: Lines around several envelopes in one file: they belong to none.
WRAPPING = ("S05", "S95")

PURPOSE = f"{ENVELOPE}.005"
NORM = f"{ENVELOPE}.006"
NATURE = f"{DECLARATION}.001"
TYPE = f"{DECLARATION}.002"
FRACTION = f"{DECLARATION}.003"
ORDER = f"{DECLARATION}.004"
MONTH = f"{DECLARATION}.005"
DATE = f"{DECLARATION}.007"
PART = f"{DECLARATION}.008"
SIREN = f"{COMPANY}.001"
NIC = f"{ESTABLISHMENT}.001"
#: What tells a person from another, the best first: the NIR, the temporary id, the staff number.
PERSON_IDS = (f"{PERSON}.001", f"{PERSON}.020", f"{PERSON}.019")
CONTRACT_START = f"{CONTRACT}.001"
CONTRACT_NATURE = f"{CONTRACT}.007"
CONTRACT_NUMBER = f"{CONTRACT}.009"
PAY_CONTRACT = f"{PAY}.010"
PAY_TYPE = f"{PAY}.011"
END_DATE = f"{CONTRACT_END}.001"
RUBRICS_WRITTEN = f"{TOTAL}.001"
DECLARATIONS_WRITTEN = f"{TOTAL}.002"

REAL = "02"
MONTHLY = "01"
#: Declarations without individuals, explicit zeros, and the one that withdraws another.
NO_INDIVIDUALS = ("02", "05")
CANCELLED = "04"
GROSS_PAY = "001"
INTERNSHIP = "29"
OFFICER = "80"

#: Versions of the norm whose rubrics were checked against the above.
KNOWN_NORMS = tuple(f"P{year}V01" for year in range(20, 27))
