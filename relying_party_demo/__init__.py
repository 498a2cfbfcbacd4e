"""Four departments that trust Onepass: one relying party, four files of configuration.

Owns: everything a service team would write to use Onepass from outside: the redirect, the token
call, every check on what comes back, its own session, and how that session ends.
Owns not: anything of the provider. It never imports ``idp``; the two meet over HTTP alone, and
tokens are verified here with another library than the one that makes them.
"""
