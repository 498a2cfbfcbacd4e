"""One module for each way to show a second factor beside the app's code, and for choosing one.

Owns their pages. Does not own what is right (`idp.domain`) or where the pages stand (`views`).
"""
