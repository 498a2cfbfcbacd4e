"""Authlib, and nothing else imports it: the server that picks grants and authenticates clients.

Owns: how Authlib's extension points are filled (`server`), how it reads requests (`requests`),
client authentication (`client_auth`), the grant (`grants`). Each override names the gap it
closes. Does not own: a protocol rule (`protocol`), a statement (`domain`), a page (`web`).
"""
