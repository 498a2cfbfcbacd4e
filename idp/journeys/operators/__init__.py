"""The operators' console: what waits to be decided, and the levers.

Owns the pages under `/ops`. Does not own signing in to them (`idp.web.own_pages`), the table of
roles (`idp.web.consoles`), or what a lever does (`idp.domain`).
"""
