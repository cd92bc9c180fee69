"""The search of `LevenbergMarquardt`, in loops that are compiled: damped least squares within limits, from many starts.

The damping is proportional to the squared error. Joints are kept within their limits by projection, and those at a
limit that the gradient presses against it are held: an active set. A try ends when it has reached the target, after
so many steps (`MOST_STEPS`), or after `STUCK` steps in a row that gain next to nothing; then the next start is tried.

Sources: Chan and Lawrence (1988), General inverse kinematics with the error damped pseudoinverse; Sugihara (2011),
Solvability-unconcerned inverse kinematics by the Levenberg-Marquardt method.
"""

import math

import numpy as np

from emssl_bench.solvers.compiled import compiled
from emssl_bench.solvers.kernel import fill_jacobian, fill_quaternion, fill_rotation, missing, place, solve_symmetric

MOST_STEPS = 40
STUCK = 3
GAIN = 0.95
"""A step gains next to nothing if more than this share of the squared error is left."""
DAMPING, LEAST_DAMPING = 0.1, 1e-4
RELAXED, RAISED = 0.3, 5.0
"""Factors of the damping after a step that is taken, and after one that is not."""
RIDGE = 1e-12
"""Keeps the system solvable where no joint can move."""
FOUND = 4
"""Numbers that `solve_all` tells of a target: error [m], error [rad], steps, tries."""


@compiled
def descend(angles, links, bounds, target, m, weight, end, work, jacobian, system, vectors, turn, turned):
    """Steps from `angles` (dof,), in place, towards the target; returns both squared errors and the number of steps.

    Args:
        angles: (dof,) [rad], or [m].
        links, bounds: of `kinematics.Chain`.
        target: (3 or more,), the position first.
        m: 3 or 6.
        weight: [m/rad] of rotations against distances.
        end: (3,), the squared errors [m2, rad2] at which the target is reached, and the most steps.
        work: (4, joints, 3), axes and origins of the joints where the arm is, and where it would be.
        jacobian, system: (6, dof) and (6, 6).
        vectors: (7, max(dof, joints, 6)), for all else.
        turn: (3, 3), for the end effector's rotation.
        turned: (3, 3), the target's.
    """
    dof = bounds.shape[1]
    axes, origins, axes_next, origins_next = work[0], work[1], work[2], work[3]
    error, error_next, step = vectors[0], vectors[1], vectors[2]
    after, held, sliding, tip = vectors[3], vectors[4], vectors[5], vectors[6]
    for c in range(dof):
        angles[c] = min(max(angles[c], bounds[0, c]), bounds[1, c])
    place(angles, links, axes, origins, sliding, tip, turn)
    distance2, angle2 = missing(tip, turn, target, turned, m, weight, error)
    cost, damping, steps, stuck = distance2 + weight * weight * angle2, DAMPING, 0, 0
    while (distance2 > end[0] or angle2 > end[1]) and steps < end[2] and stuck < STUCK:
        steps += 1
        fill_jacobian(jacobian, m, weight, links, axes, origins, sliding, tip)
        for c in range(dof):
            gradient = 0.0
            for k in range(m):
                gradient += jacobian[k, c] * error[k]
            outwards = (angles[c] <= bounds[0, c] and gradient < 0.0) or (angles[c] >= bounds[1, c] and gradient > 0.0)
            held[c] = 0.0 if outwards else 1.0
        for i in range(m):
            for j in range(i + 1):
                s = 0.0
                for c in range(dof):
                    s += jacobian[i, c] * jacobian[j, c] * held[c]
                system[i, j] = s
            system[i, i] += damping * cost + RIDGE
            step[i] = error[i]
        solve_symmetric(system, step, m)
        for c in range(dof):
            s = 0.0
            for k in range(m):
                s += jacobian[k, c] * step[k]
            after[c] = min(max(angles[c] + s * held[c], bounds[0, c]), bounds[1, c])
        place(after, links, axes_next, origins_next, sliding, tip, turn)
        distance2_next, angle2_next = missing(tip, turn, target, turned, m, weight, error_next)
        cost_next = distance2_next + weight * weight * angle2_next
        if cost_next < cost:
            stuck = stuck + 1 if cost_next > GAIN * cost else 0
            distance2, angle2, cost = distance2_next, angle2_next, cost_next
            damping = max(damping * RELAXED, LEAST_DAMPING)
            axes, origins, axes_next, origins_next = axes_next, origins_next, axes, origins
            error, error_next = error_next, error
            for c in range(dof):
                angles[c] = after[c]
        else:
            stuck += 1
            damping *= RAISED
            tip[0], tip[1], tip[2] = target[0] - error[0], target[1] - error[1], target[2] - error[2]
    return distance2, angle2, steps


@compiled
def solve_all(targets, starts, shares, follow, links, bounds, criteria):
    """Solves targets one by one, each from its own starts and then from random ones.

    Args:
        targets: (n, 3) positions [m], or (n, 7) with unit quaternions x y z w.
        starts: (n, k, dof), tried first; k may be 0.
        shares: (tries, dof), random starts as shares of the joint space, the same for all targets.
        follow: whether the answer to the target before is tried before all else.
        links, bounds: of `kinematics.Chain`.
        criteria: (5,), 3 for positions or 6 for poses, the weight of rotations against distances [m/rad], the squared
            errors [m2, rad2] at which a target is reached, and the most steps of a try.

    Returns:
        Joint angles (n, dof), of the try that came nearest, and (n, `FOUND`).
    """
    n, k, dof = starts.shape
    m, weight, end = int(criteria[0]), criteria[1], criteria[2:]
    joints = links.shape[0] - 1
    work = np.empty((4, joints, 3))
    jacobian, system = np.empty((6, dof)), np.empty((6, 6))
    vectors = np.empty((7, max(dof, joints, 6)))
    turn, turned = np.empty((3, 3)), np.empty((3, 3))
    angles = np.empty(dof)
    best = np.empty((n, dof))
    found = np.empty((n, FOUND))
    for row in range(n):
        if m == 6:
            fill_rotation(targets[row], turned)
        best_cost = found[row, 0] = found[row, 1] = np.inf
        for c in range(dof):
            best[row, c] = 0.5 * (bounds[0, c] + bounds[1, c])  # should no try have a cost that is a number
        steps = tries = 0
        first = 0 if follow and row > 0 else 1
        for attempt in range(first, 1 + k + shares.shape[0]):
            for c in range(dof):
                if attempt == 0:
                    angles[c] = best[row - 1, c]
                elif attempt <= k:
                    angles[c] = starts[row, attempt - 1, c]
                else:
                    angles[c] = bounds[0, c] + (bounds[1, c] - bounds[0, c]) * shares[attempt - 1 - k, c]
            distance2, angle2, taken = descend(
                angles, links, bounds, targets[row], m, weight, end, work, jacobian, system, vectors, turn, turned
            )
            steps += taken
            tries += 1
            reached = distance2 <= end[0] and angle2 <= end[1]
            cost = distance2 + weight * weight * angle2
            if reached or cost < best_cost:
                best_cost = cost
                found[row, 0], found[row, 1] = math.sqrt(distance2), math.sqrt(angle2)
                for c in range(dof):
                    best[row, c] = angles[c]
            if reached:
                break
        found[row, 2], found[row, 3] = steps, tries
    return best, found


@compiled
def frames_of(rows, links):
    """Where joint angles (n, dof) lead: frames (n, 7)."""
    joints = links.shape[0] - 1
    axes, origins = np.empty((joints, 3)), np.empty((joints, 3))
    sliding, turn = np.empty(joints), np.empty((3, 3))
    reached = np.empty((rows.shape[0], 7))
    for row in range(rows.shape[0]):
        place(rows[row], links, axes, origins, sliding, reached[row], turn)
        fill_quaternion(turn, reached[row])
    return reached


@compiled
def jacobians_of(rows, links, m, weight):
    """How what is reached changes with joint angles (n, dof): (n, m, dof), of positions and then of rotations."""
    joints, dof = links.shape[0] - 1, rows.shape[1]
    axes, origins = np.empty((joints, 3)), np.empty((joints, 3))
    sliding, turn, tip = np.empty(joints), np.empty((3, 3)), np.empty(3)
    found = np.empty((rows.shape[0], m, dof))
    for row in range(rows.shape[0]):
        place(rows[row], links, axes, origins, sliding, tip, turn)
        fill_jacobian(found[row], m, weight, links, axes, origins, sliding, tip)
    return found
