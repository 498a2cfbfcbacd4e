"""Signing out: asked by a service or by the person; the session ends for every service at once.

Owns `/logout`, the question that protects people from being signed out by a stranger's link, and
the page that says who is told. Does not own the decision (`idp.protocol.logout`), the end of the
session (`idp.domain.sessions`) or the telling (the worker, from the outbox).
"""
