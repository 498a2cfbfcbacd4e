"""What people walk through, page by page, in front of the whole application."""
