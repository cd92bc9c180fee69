"""What answers: targets in, joint angles out."""
