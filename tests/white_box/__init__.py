"""The rows of the probe's catalogue that nobody can try from outside: they look inside.

Owns: for each row that needs the provider's database, logs or source a test that does the real
thing to a provider of its own and then looks there. A test carries its row by
`@pytest.mark.threat("AUDIT-01")` and in its name, by which `make mutants` finds it.
Does not own what the probe tries over HTTP (`tests.auth_flows`), nor the many cases of each part
(`tests/domain`, `tests/endpoints`, `tests/faults`).
"""
