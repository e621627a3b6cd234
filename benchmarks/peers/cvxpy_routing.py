"""Routing over equal-weight pools in cvxpy with Clarabel: reads one instance on stdin, prints seconds and outputs.

Written twice: vectorised over all pools, and pool by pool as tutorials do. Runs under an interpreter with cvxpy.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import cvxpy as cp  # type: ignore[import-not-found]
import numpy as np
import scipy.sparse as sp

said = json.load(sys.stdin)
T, A, B = said["tokens"], np.array(said["a"]), np.array(said["b"])
P = len(A)
R, G = np.array(said["reserves"]), np.array(said["gamma"])
SCALE = np.median(R)


def vectorised() -> tuple[float, str]:
    unit = R
    put, get = cp.Variable((P, 2), nonneg=True), cp.Variable((P, 2), nonneg=True)
    rows = [sp.csr_matrix((unit[:, i], (t, np.arange(P))), shape=(T, P)) for i, t in enumerate((A, B))]
    net = sum(rows[i] @ (get[:, i] - put[:, i]) for i in range(2))
    after = 1 + cp.multiply(np.stack([G, G], 1), put) - get
    root = cp.Variable(P)
    held = [root >= 1, cp.SOC(after[:, 0] + after[:, 1], cp.vstack([2 * root, after[:, 0] - after[:, 1]]))]
    return solved(net, held)


def per_pool() -> tuple[float, str]:
    net: Any = np.zeros(T)
    held = []
    for a, b, reserves, gamma in zip(A, B, R, G, strict=True):
        put, get = cp.Variable(2, nonneg=True), cp.Variable(2, nonneg=True)
        place = np.zeros((T, 2))
        place[a, 0], place[b, 1] = reserves
        net = net + place @ (get - put)
        held.append(cp.geo_mean(1 + gamma * put - get) >= 1)
    return solved(net, held)


def solved(net: Any, held: list[Any]) -> tuple[float, str]:
    given = np.zeros(T)
    given[said["token_in"]] = said["amount_in"]
    unit = np.array([np.median(np.r_[R[np.equal(A, t), 0], R[np.equal(B, t), 1], [SCALE]]) for t in range(T)])
    problem = cp.Problem(
        cp.Maximize(net[said["token_out"]] / unit[said["token_out"]]),
        [*held, cp.multiply(1 / unit, net + given) >= 0],
    )
    problem.solve(solver=cp.CLARABEL)
    return float(problem.value * unit[said["token_out"]]), problem.status


answer: dict[str, Any] = {}
for name, way in (("vectorised", vectorised), ("per_pool", per_pool)):
    start = time.perf_counter()
    answer[f"{name}_value"], answer[f"{name}_status"] = way()
    answer[name] = time.perf_counter() - start
print(json.dumps(answer))
