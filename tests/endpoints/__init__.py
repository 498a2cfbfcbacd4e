"""What machines and browsers get from the endpoints, row by row, on both databases."""
