"""CORDS' orthogonal matching pursuit on one class's last-layer gradients, written out as it takes them.

Started by `bench select`; answers one line of JSON with one.
"""

import json
import os
import sys
import time

import numpy as np
import torch
from cords.selectionstrategies.helpers.omp_solvers import OrthogonalMP_REG_Parallel_V1

# As the configurations of the same package call it: all k atoms are taken, however close the first ones come.
TOLERANCE = 1e-100


def gradients(n, classes, features, errors, inputs):
    """n x (C·d + C): the layout of the package, biases first, weights then."""
    e = torch.from_numpy(np.fromfile(errors, dtype=np.float32).reshape(n, classes))
    h = torch.from_numpy(np.fromfile(inputs, dtype=np.float32).reshape(n, features))
    return torch.cat([e, (e[:, :, None] * h[:, None, :]).reshape(n, classes * features)], dim=1)


def select(n, k, classes, features, errors, inputs, ridge, weights, threads):
    torch.set_num_threads(threads)
    written_out = gradients(n, classes, features, errors, inputs)
    target = written_out.sum(dim=0)
    started = time.perf_counter()
    chosen = OrthogonalMP_REG_Parallel_V1(
        written_out.T, target, nnz=k, positive=True, lam=ridge, tol=TOLERANCE, device="cpu"
    )
    seconds = time.perf_counter() - started
    chosen.numpy().astype(np.float32).tofile(weights)
    return {"seconds": seconds, "kept": int((chosen != 0).sum()), "versions": f"PyTorch {torch.__version__}"}


def main():
    # What libraries print must not get between the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        command = json.loads(line)
        command.pop("do")
        try:
            answer = select(**command)
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
