"""Methods: ways to learn inverse kinematics, and what the harness requires of one."""
