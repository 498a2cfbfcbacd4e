"""Providers of other people that the probe attacks: it must be right about them, too."""
