"""What a viewer can type; one feature a file."""
