"""A provider of a few lines with refresh tokens, devices, hybrid answers and frames, and faults.

Without a fault it is careful. Who is signed in stands in a cookie; any password signs in.
"""
