"""What is measured: each module has a `NAME` and `run(stage, report)`."""
