"""The anomaly rules as Great Expectations suites, the DuckDB data source and the register. Knows no Dagster."""
