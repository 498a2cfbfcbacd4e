"""The set-up, the checks and the demo's runner, tried on small trees made for the test."""
