"""What all pages share, tried by itself."""
