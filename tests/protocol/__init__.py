"""The protocol's rules, one table after the other. Nothing here needs a server, a clock or a file.

`examples` makes values that pass every rule; each test changes the one thing it is about.
"""
