"""The month worked out a second time, in plain Python, from the requirement alone.

Belongs here: dates, decimals and dataclasses. Does not belong here: SQL, DuckDB, dbt, or any import of the product.
Rules are written entity by entity, with loops, the way a careful person would do them on paper; speed is no concern.
Where the product and this package differ, the contract decides which of the two is wrong.
"""
