"""The front page, and what this prototype is: for people who come without a service."""
