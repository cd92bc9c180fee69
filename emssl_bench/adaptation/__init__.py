"""Fast adaptation to a changed arm: what Section III-C adds to the methods themselves.

The changed arm is a black box that is asked for positions and counts how often. Approach 1 identifies its link
parameters from a few measurements, by gradient descent through the torch chain, and goes on with EMSSL against
the identified chain; approach 2 puts the black box itself in the forward model's place. A third, of ours, first
maps what the network takes in, which a few measurements determine, and goes on as approach 2 does.
"""
