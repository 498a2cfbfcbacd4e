"""Owns what turns a checkout into something that runs, and what checks it.

Set-up (`bootstrap`), the demo's runner (`demo`) and the checks that no linter offers. Nothing
here is part of the provider; nothing in `idp` or `relying_party_demo` imports it.
"""
