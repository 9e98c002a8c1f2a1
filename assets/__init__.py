"""Assets and the pure functions behind them: reading, checking and normalising inputs, dbt, publication."""
