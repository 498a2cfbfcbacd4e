"""The schema's history: one revision a step, on SQLite and PostgreSQL alike."""
