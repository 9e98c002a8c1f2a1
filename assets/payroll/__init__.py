"""Payroll declarations (DSN) to counts per establishment and month; nothing of a person leaves this package."""
