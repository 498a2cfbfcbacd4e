"""The tests of Onepass. They mirror the floors of `idp/`, plus what only makes sense from outside.

`support/` holds what tests stand on; it contains no test. `guards/` looks at the whole house,
`acceptance/` drives it in a real browser, `faults/` breaks what it stands on.
"""
