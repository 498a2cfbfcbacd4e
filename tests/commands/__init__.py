"""Commands as an operator gives them, on an installation made for the test."""
