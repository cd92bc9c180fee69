"""What is measured, one file an experiment: how its trials are planned, and how one is run."""
