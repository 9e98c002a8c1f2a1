"""Wiring only: settings, Dagster definitions, and the prefact command. No billing logic lives here."""
