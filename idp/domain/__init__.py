"""The nouns and how they are kept: one module a noun, its table beside its verbs.

Functions take a Session and never commit: the transaction belongs to whoever opened it
(`idp.web.current`, the worker, a command). `hot_path` is the exception that proves it: each of
its statements is its own transaction.
"""
