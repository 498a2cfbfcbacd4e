"""The service teams' console: services, their clients, members, and what went wrong.

Owns the pages under `/team`. Does not own signing in to them (`idp.web.own_pages`), the table of
roles (`idp.web.consoles`), or what a change does (`idp.domain`).
"""
