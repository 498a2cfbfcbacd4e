"""The page for security testers: how to attack this demo, every attack, and the last report.

Owns the page and the reading of what the probe left in the installation's folder. There in the
demo and in tests alone. Does not own an attack or the catalogue: those are of a tool that knows
nothing of this package and speaks HTTP to it (`tests/auth_flows`).
"""
