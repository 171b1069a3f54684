"""What the cases API reads and answers, a module per concept."""
