"""The four departments as data: one TOML file each, and no code.

Owns: names, words in both languages, colour, and what each department asks of Onepass.
Owns not: what the fields mean (``relying_party_demo.department``).
"""
