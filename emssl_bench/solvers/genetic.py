"""A real-coded genetic algorithm: one target at a time, and nothing known of the arm but where it says it is.

Parents are chosen by tournaments and crossed by BLX (a child's angle is uniform in their interval, widened on both
sides); some angles then get Gaussian noise that shrinks from generation to generation. The best of parents and
children live on.

Sources: Parker, Khoogar and Goldberg (1989), Inverse kinematics of redundant robots using genetic algorithms;
Eshelman and Schaffer (1993), Real-coded genetic algorithms and interval schemata (BLX).
"""

from dataclasses import dataclass

import numpy as np

from emssl_bench.solvers.compiled import compiled
from emssl_bench.solvers.evolution import Asked, ask, copy, draw, rank


@dataclass(frozen=True)
class Genetic:
    """Settings of the algorithm."""

    population: int = 64
    generations: int = 60
    """At most, after the first population."""
    tournament: int = 3
    """Individuals, of which the best becomes a parent."""
    widened: float = 0.25
    """Share of the interval between parents that is added on each side."""
    mutated: float = 0.3
    """Share of the angles that get noise."""
    noise: tuple[float, float] = (0.3, 0.001)
    """Its standard deviation in the first and in the last generation, as a share of a joint's range."""
    starts: int = 1
    """Populations that are tried, one after the other, at most."""

    def search(self, asked: Asked, start: np.ndarray, within_m: float, generator: np.random.Generator) -> int:
        """See `evolution.Evolution.search`."""
        sizes = np.array([self.population, self.generations, self.tournament])
        shares = np.array([self.widened, self.mutated, *self.noise])
        generations = 0
        for _ in range(self.starts):
            generations += _evolve(asked, start, within_m, sizes, shares, generator)
            if asked.counts[1] <= within_m:
                break
        return generations


@compiled
def _evolve(asked, start, within_m, sizes, shares, generator):
    population, generations, tournament = sizes[0], sizes[1], sizes[2]
    widened, mutated, first, last = shares[0], shares[1], shares[2], shares[3]
    bounds, dof = asked.bounds, asked.bounds.shape[1]
    genes, costs = np.empty((2 * population, dof)), np.empty(2 * population)  # parents, then children
    spare, spare_costs, order = (
        np.empty((2 * population, dof)),
        np.empty(2 * population),
        np.empty(2 * population, np.int64),
    )
    for i in range(population):
        if i:
            draw(genes[i], bounds, generator)
        else:
            copy(start, genes[i])
        costs[i] = ask(genes[i], asked)
    for generation in range(generations):
        if asked.counts[1] <= within_m:
            return generation
        noise = first * (last / first) ** (generation / max(generations - 1, 1))
        for child in range(population, 2 * population):
            one = _winner(costs, population, tournament, generator)
            other = _winner(costs, population, tournament, generator)
            for c in range(dof):
                low, high = min(genes[one, c], genes[other, c]), max(genes[one, c], genes[other, c])
                apart = high - low
                gene = low - widened * apart + (1 + 2 * widened) * apart * generator.random()
                if generator.random() < mutated:
                    gene += noise * (bounds[1, c] - bounds[0, c]) * generator.standard_normal()
                genes[child, c] = min(max(gene, bounds[0, c]), bounds[1, c])
            costs[child] = ask(genes[child], asked)
        rank(costs, order)
        for i in range(population):
            copy(genes[order[i]], spare[i])
            spare_costs[i] = costs[order[i]]
        genes, costs, spare, spare_costs = spare, spare_costs, genes, costs
    return generations


@compiled
def _winner(costs, population, tournament, generator):
    best = int(generator.random() * population)
    for _ in range(tournament - 1):
        other = int(generator.random() * population)
        if costs[other] < costs[best]:
            best = other
    return best
