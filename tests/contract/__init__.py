"""One Login's wire contract: its rows as data, and the tests of rows that no other folder proves.

Owns `rows/`, and tables of exact answers, one case a row. It owns no rule of its own: where a row
is proven beside the code that it is about, its mark stands there.
"""
