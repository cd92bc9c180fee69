"""Fast adaptation to a changed arm: what Section III-C adds to the methods themselves.

The changed arm is a black box that counts its queries. Approach 1 identifies its link parameters from a few
measurements, by gradient descent through the torch chain, and goes on with EMSSL on the identified chain. Approach 2
puts the black box itself in the place of the forward model. A third approach, of ours, first maps the input of the
network by a few measurements, and then goes on as approach 2 does.
"""
