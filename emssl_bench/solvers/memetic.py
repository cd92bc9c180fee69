"""Evolution whose best individuals also descend gradients, measured by finite differences: Starke's memetic form.

In every generation the elites descend; children of two elites, mixed, carried on by what their parents' gradients
were and mutated the more the worse these are, take the places of all others. An elite that a child surpasses is no
parent any more. Where the best gains next to nothing, all but it are drawn anew (wipe-out).

The form and the settings are those of PickNik's pick_ik (`ik_memetic.cpp`, one species).

Sources: Starke, Hendrich, Magg and Zhang (2016), An efficient hybridization of genetic algorithms and particle swarm
optimization for inverse kinematics; Starke, Hendrich and Zhang (2017), A memetic evolutionary algorithm for real-time
articulated kinematic motion.
"""

from dataclasses import dataclass

import numpy as np

from emssl_bench.solvers.compiled import compiled
from emssl_bench.solvers.evolution import Asked, ask, copy, draw, rank

STEP = 1e-4
"""Of finite differences and of the two probes along a gradient [rad, or m]."""
NO_CHANGE_M2 = 1e-12
"""A descent ends where a step changes the squared error by no more."""


@dataclass(frozen=True)
class Memetic:
    """Settings of the algorithm."""

    population: int = 16
    elites: int = 4
    generations: int = 100
    """At most."""
    steps: int = 25
    """Of gradient descent of each elite in a generation, at most."""
    gain_m2: float = 1e-5
    """By which the squared error must shrink from one generation to the next, or there is a wipe-out."""

    def search(self, asked: Asked, start: np.ndarray, within_m: float, generator: np.random.Generator) -> int:
        """See `evolution.Evolution.search`."""
        sizes = np.array([self.population, self.elites, self.generations, self.steps])
        return _evolve(asked, start, within_m, sizes, self.gain_m2, generator)


@compiled
def _evolve(asked, start, within_m, sizes, gain_m2, generator):
    population, elites, generations, steps = sizes[0], sizes[1], sizes[2], sizes[3]
    dof = len(start)
    genes, costs = np.empty((population, dof)), np.empty(population)
    gradients, extinctions = np.zeros((population, dof)), np.ones(population)
    work, order = np.empty((2, dof)), np.empty(population, np.int64)
    spare, spare_costs = np.empty((2, population, dof)), np.empty(population)
    copy(start, genes[0])
    before = _populate(genes, costs, gradients, extinctions, elites, asked, generator)
    for generation in range(generations):
        for i in range(elites):
            costs[i] = _descend(genes[i], costs[i], gradients[i], steps, within_m, asked, work)
            if asked.counts[1] <= within_m:
                return generation + 1
        _reproduce(genes, costs, gradients, extinctions, elites, asked, generator)
        _sort(genes, costs, gradients, spare, spare_costs, order)
        _grade(costs, extinctions)
        if asked.counts[1] <= within_m:
            return generation + 1
        if costs[0] < before - gain_m2:
            before = costs[0]
        else:
            copy(asked.best, genes[0])
            before = _populate(genes, costs, gradients, extinctions, elites, asked, generator)
    return generations


@compiled
def _populate(genes, costs, gradients, extinctions, elites, asked, generator):
    """Draws all elites but the first anew; returns infinity, the error that the next generation must gain on."""
    for i in range(len(genes)):
        if 0 < i < elites:
            draw(genes[i], asked.bounds, generator)
        for c in range(genes.shape[1]):
            gradients[i, c] = 0.0
        costs[i] = ask(genes[i], asked) if i < elites else np.inf
        extinctions[i] = 1.0
    return np.inf


@compiled
def _descend(genes, cost, gradient, steps, within_m, asked, work):
    """Gradient steps of one individual, in place, to the best joint angles on its way; returns their squared error."""
    here, probe = work[0], work[1]
    copy(genes, here)
    best, before = cost, 0.0
    for _ in range(steps):
        length = STEP
        for c in range(len(here)):
            copy(here, probe)
            behind = _ask_moved(probe, c, -STEP, asked)
            copy(here, probe)
            gradient[c] = _ask_moved(probe, c, STEP, asked) - behind
            length += abs(gradient[c])
        for c in range(len(here)):
            gradient[c] *= STEP / length
        behind = _ask_along(here, gradient, -1.0, probe, asked)
        ahead = _ask_along(here, gradient, 1.0, probe, asked)
        rise = 0.5 * (ahead - behind)
        times = 0.5 * (ahead + behind) / rise if rise != 0.0 else 0.0  # to where a linear error would be 0
        after = _ask_along(here, gradient, -times, probe, asked)
        copy(probe, here)
        if after < best:
            best = after
            copy(here, genes)
        if abs(after - before) <= NO_CHANGE_M2 or asked.counts[1] <= within_m:
            break
        before = after
    return best


@compiled
def _ask_moved(angles, c, step, asked):
    """The squared error where one of the angles has moved, in place; never beyond its limits."""
    angles[c] = min(max(angles[c] + step, asked.bounds[0, c]), asked.bounds[1, c])
    return ask(angles, asked)


@compiled
def _ask_along(angles, gradient, times, probe, asked):
    """The squared error so many gradients away, at `probe`, which is filled."""
    for c in range(len(angles)):
        probe[c] = min(max(angles[c] + times * gradient[c], asked.bounds[0, c]), asked.bounds[1, c])
    return ask(probe, asked)


@compiled
def _reproduce(genes, costs, gradients, extinctions, elites, asked, generator):
    """Puts children of the elites in the places of all others; random individuals when no parents are left."""
    bounds, dof = asked.bounds, genes.shape[1]
    pool, parents = np.empty(elites, np.int64), elites
    for i in range(elites):
        pool[i] = i
    for child in range(elites, len(genes)):
        if not parents:
            draw(genes[child], bounds, generator)
            for c in range(dof):
                gradients[child, c] = 0.0
            costs[child] = ask(genes[child], asked)
            continue
        first = int(generator.random() * parents)
        second = (first + 1 + int(generator.random() * (parents - 1))) % parents
        one, other = pool[first], pool[second]
        extinction = 0.5 * (extinctions[one] + extinctions[other])
        chance, mix = extinction * (1.0 - 1.0 / dof) + 1.0 / dof, generator.random()
        for c in range(dof):
            gene = mix * genes[one, c] + (1.0 - mix) * genes[other, c]
            gene += generator.random() * gradients[one, c] + generator.random() * gradients[other, c]
            crossed = gene
            if generator.random() < chance:
                half_range = 0.5 * (bounds[1, c] - bounds[0, c])
                gene += extinction * half_range * (2.0 * generator.random() - 1.0)
            genes[child, c] = min(max(gene, bounds[0, c]), bounds[1, c])
            gradients[child, c] = genes[child, c] - crossed
        costs[child] = ask(genes[child], asked)
        parents = _without_surpassed(pool, parents, one, other, costs, costs[child])


@compiled
def _without_surpassed(pool, parents, one, other, costs, cost):
    """Takes those of two parents out of the pool that are worse than their child; returns how many are left."""
    left = 0
    for place in range(parents):
        parent = pool[place]
        surpassed = cost < costs[parent] and parent in (one, other)
        if not surpassed:
            pool[left] = parent
            left += 1
    return left


@compiled
def _sort(genes, costs, gradients, spare, spare_costs, order):
    """Sorts individuals by their errors, in place."""
    rank(costs, order)
    for i in range(len(costs)):
        copy(genes[i], spare[0, i])
        copy(gradients[i], spare[1, i])
        spare_costs[i] = costs[i]
    for i in range(len(costs)):
        copy(spare[0, order[i]], genes[i])
        copy(spare[1, order[i]], gradients[i])
        costs[i] = spare_costs[order[i]]


@compiled
def _grade(costs, extinctions):
    """How much of each individual is to mutate, from 0 for the best to 1 for the worst, of sorted errors."""
    for i in range(len(costs)):
        share = i / (len(costs) - 1)
        extinctions[i] = (costs[i] + costs[0] * (share - 1.0)) / max(costs[-1], 1e-300)
