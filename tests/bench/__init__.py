"""What single sign-on and sign-in cost: `make bench` measures, this package is how.

Owns: a load generator that takes little processor time itself, the flows it drives, the systems
it measures (Onepass on SQLite and on PostgreSQL, npm oidc-provider on the same PostgreSQL), the
accounting of processor time and memory from /proc, and the figures printed and written to
`var/bench.json`.
Does not own: the budget of statements and commits (that is a test of its own, beside the domain),
nor any judgement of right and wrong beyond checking that what is measured was the real thing.
"""
