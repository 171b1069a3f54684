"""What the dispatch API reads and answers, a module per concept."""
