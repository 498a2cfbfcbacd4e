"""OpenID Connect as pure functions over frozen values.

This floor owns what the protocol says: how a request is read, which rules it must
pass and in which order, what has to happen next, and what tokens and answers contain.
It owns no state: no web framework, no database, no clock, no randomness, no keys.
The time arrives as `now`, in whole seconds since the epoch; secrets and identifiers
arrive as values; signing is somebody else's job.
"""
