"""Forward kinematics, Jacobians and small linear systems, an arm at a time, in loops that are compiled.

Arrays that a loop fills are the caller's: nothing is allocated for a target. `m` is 3 for positions and 6 for poses;
rows 3 to 5 of an error and of a Jacobian are rotations, scaled by `weight` [m/rad].
"""

import math

from emssl_bench.solvers.compiled import compiled


@compiled
def place(angles, links, axes, origins, sliding, tip, turn):
    """Forward kinematics.

    Args:
        angles: (dof,) [rad], or [m].
        links: (joints + 1, 16), of `kinematics.Chain`.
        axes, origins: (joints, 3), filled with the joints' axes and origins in the base frame.
        sliding: (joints,), filled with 1 for a prismatic joint, else 0.
        tip: (3,), filled with the position of the end effector [m].
        turn: (3, 3), filled with its rotation.
    """
    joints = links.shape[0] - 1
    r00 = r11 = r22 = 1.0
    r01 = r02 = r10 = r12 = r20 = r21 = 0.0
    p0 = p1 = p2 = 0.0
    for i in range(joints + 1):
        a, b, c = links[i, 9], links[i, 10], links[i, 11]
        p0 += r00 * a + r01 * b + r02 * c
        p1 += r10 * a + r11 * b + r12 * c
        p2 += r20 * a + r21 * b + r22 * c
        m00, m01, m02 = links[i, 0], links[i, 1], links[i, 2]
        m10, m11, m12 = links[i, 3], links[i, 4], links[i, 5]
        m20, m21, m22 = links[i, 6], links[i, 7], links[i, 8]
        s00 = r00 * m00 + r01 * m10 + r02 * m20
        s01 = r00 * m01 + r01 * m11 + r02 * m21
        s02 = r00 * m02 + r01 * m12 + r02 * m22
        s10 = r10 * m00 + r11 * m10 + r12 * m20
        s11 = r10 * m01 + r11 * m11 + r12 * m21
        s12 = r10 * m02 + r11 * m12 + r12 * m22
        s20 = r20 * m00 + r21 * m10 + r22 * m20
        s21 = r20 * m01 + r21 * m11 + r22 * m21
        s22 = r20 * m02 + r21 * m12 + r22 * m22
        if i == joints:
            turn[0, 0], turn[0, 1], turn[0, 2] = s00, s01, s02
            turn[1, 0], turn[1, 1], turn[1, 2] = s10, s11, s12
            turn[2, 0], turn[2, 1], turn[2, 2] = s20, s21, s22
            break
        axes[i, 0], axes[i, 1], axes[i, 2] = s02, s12, s22
        origins[i, 0], origins[i, 1], origins[i, 2] = p0, p1, p2
        sliding[i] = links[i, 12]
        angle = angles[int(links[i, 13])] * links[i, 14] + links[i, 15]
        if links[i, 12] != 0.0:
            p0 += angle * s02
            p1 += angle * s12
            p2 += angle * s22
            r00, r01, r02 = s00, s01, s02
            r10, r11, r12 = s10, s11, s12
            r20, r21, r22 = s20, s21, s22
        else:
            cosine, sine = math.cos(angle), math.sin(angle)
            r00, r01, r02 = s00 * cosine + s01 * sine, s01 * cosine - s00 * sine, s02
            r10, r11, r12 = s10 * cosine + s11 * sine, s11 * cosine - s10 * sine, s12
            r20, r21, r22 = s20 * cosine + s21 * sine, s21 * cosine - s20 * sine, s22
    tip[0], tip[1], tip[2] = p0, p1, p2


@compiled
def missing(tip, turn, target, turned, m, weight, error):
    """Fills `error` (m,) with what is missing to the target; returns the squares of distance [m] and of angle [rad].

    Args:
        tip, turn: of `place`.
        target: (3 or more,), the position first.
        turned: (3, 3), the target's rotation; of poses only.
        m: 3 or 6.
        weight: [m/rad] of rotations against distances.
        error: (m,).
    """
    error[0], error[1], error[2] = target[0] - tip[0], target[1] - tip[1], target[2] - tip[2]
    distance2 = error[0] * error[0] + error[1] * error[1] + error[2] * error[2]
    if m == 3:
        return distance2, 0.0
    d00 = d01 = d02 = d10 = d11 = d12 = d20 = d21 = d22 = 0.0
    for k in range(3):  # target times turn transposed: the rotation that is missing
        t0, t1, t2 = turned[0, k], turned[1, k], turned[2, k]
        e0, e1, e2 = turn[0, k], turn[1, k], turn[2, k]
        d00 += t0 * e0
        d01 += t0 * e1
        d02 += t0 * e2
        d10 += t1 * e0
        d11 += t1 * e1
        d12 += t1 * e2
        d20 += t2 * e0
        d21 += t2 * e1
        d22 += t2 * e2
    x, y, z = d21 - d12, d02 - d20, d10 - d01
    sine2 = math.sqrt(x * x + y * y + z * z)  # twice the sine of the angle
    cosine2 = d00 + d11 + d22 - 1.0
    if sine2 > 1e-9:
        scale = math.atan2(sine2, cosine2) / sine2
    elif cosine2 > 0.0:
        scale = 0.5
    else:  # half a turn, about the axis of the largest element
        scale, x, y, z = math.pi, 0.0, 0.0, 0.0
        if d00 >= d11 and d00 >= d22:
            x = 1.0
        elif d11 >= d22:
            y = 1.0
        else:
            z = 1.0
    x, y, z = x * scale, y * scale, z * scale
    error[3], error[4], error[5] = weight * x, weight * y, weight * z
    return distance2, x * x + y * y + z * z


@compiled
def fill_jacobian(jacobian, m, weight, links, axes, origins, sliding, tip):
    """The geometric Jacobian (m, dof); joints that follow one coordinate add up."""
    for c in range(jacobian.shape[1]):
        for k in range(m):
            jacobian[k, c] = 0.0
    for i in range(links.shape[0] - 1):
        c, times = int(links[i, 13]), links[i, 14]
        z0, z1, z2 = axes[i, 0], axes[i, 1], axes[i, 2]
        if sliding[i] != 0.0:
            jacobian[0, c] += times * z0
            jacobian[1, c] += times * z1
            jacobian[2, c] += times * z2
            continue
        x, y, z = tip[0] - origins[i, 0], tip[1] - origins[i, 1], tip[2] - origins[i, 2]
        jacobian[0, c] += times * (z1 * z - z2 * y)
        jacobian[1, c] += times * (z2 * x - z0 * z)
        jacobian[2, c] += times * (z0 * y - z1 * x)
        if m == 6:
            jacobian[3, c] += times * weight * z0
            jacobian[4, c] += times * weight * z1
            jacobian[5, c] += times * weight * z2


@compiled
def solve_symmetric(a, b, m):
    """Solves a x = b by Cholesky's decomposition, in place; only the lower triangle of `a` is read."""
    for j in range(m):
        d = a[j, j]
        for k in range(j):
            d -= a[j, k] * a[j, k]
        d = math.sqrt(max(d, 1e-300))
        a[j, j] = d
        for i in range(j + 1, m):
            s = a[i, j]
            for k in range(j):
                s -= a[i, k] * a[j, k]
            a[i, j] = s / d
    for i in range(m):
        s = b[i]
        for k in range(i):
            s -= a[i, k] * b[k]
        b[i] = s / a[i, i]
    for i in range(m - 1, -1, -1):
        s = b[i]
        for k in range(i + 1, m):
            s -= a[k, i] * b[k]
        b[i] = s / a[i, i]


@compiled
def fill_rotation(frame, turn):
    """Fills `turn` (3, 3) with the rotation of a frame (7,), whose quaternion is x y z w, of any length but 0."""
    x, y, z, w = frame[3], frame[4], frame[5], frame[6]
    s = 2 / max(x * x + y * y + z * z + w * w, 1e-300)
    turn[0, 0], turn[0, 1], turn[0, 2] = 1 - s * (y * y + z * z), s * (x * y - z * w), s * (x * z + y * w)
    turn[1, 0], turn[1, 1], turn[1, 2] = s * (x * y + z * w), 1 - s * (x * x + z * z), s * (y * z - x * w)
    turn[2, 0], turn[2, 1], turn[2, 2] = s * (x * z - y * w), s * (y * z + x * w), 1 - s * (x * x + y * y)


@compiled
def fill_quaternion(turn, frame):
    """Fills a frame (7,) with the unit quaternion x y z w of a rotation (3, 3). Source: Shepperd's method (1978)."""
    trace = turn[0, 0] + turn[1, 1] + turn[2, 2]
    largest = 3
    for i in range(3):
        if turn[i, i] > (trace if largest == 3 else turn[largest, largest]):
            largest = i
    if largest == 3:
        frame[3], frame[4], frame[5] = turn[2, 1] - turn[1, 2], turn[0, 2] - turn[2, 0], turn[1, 0] - turn[0, 1]
        frame[6] = 1.0 + trace
    else:
        i, j, k = largest, (largest + 1) % 3, (largest + 2) % 3
        frame[3 + i] = 1.0 + turn[i, i] - turn[j, j] - turn[k, k]
        frame[3 + j], frame[3 + k] = turn[j, i] + turn[i, j], turn[k, i] + turn[i, k]
        frame[6] = turn[k, j] - turn[j, k]
    length = math.sqrt(frame[3] ** 2 + frame[4] ** 2 + frame[5] ** 2 + frame[6] ** 2)
    for i in range(3, 7):
        frame[i] /= length
