"""Ways to learn inverse kinematics, and what the harness wants of one."""
