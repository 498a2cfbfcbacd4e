"""Shows that the probe notices: provider after provider with a planted fault is attacked."""
