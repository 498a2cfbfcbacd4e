"""What happens when input is hostile, two requests race, or something underneath breaks."""
