"""Tries the lowest floor: outbound calls."""
