import numpy as np


def _sigmoid(x):
    e = np.exp(np.minimum(x, -x))
    return np.where(x >= 0, 1, e) / (1 + e)


def kernel(W, x, b, V, c, lambda_):
    """z_a = W_ai x_i + b_a
    e_a = sigmoid(z_a)
    J_ai = e_a (1 - e_a) W_ai
    r_i = V_ia e_a + c_i
    dL_dr^i = 2 (r_i - x_i)
    dL_dJ^ai = 2 lambda J_ai
    dL_de^a = dL_dr^i V_ia - 2 dL_dJ^ai W_ai e_a + dL_dJ^ai W_ai
    dL_dz^a = dL_de^a e_a (1 - e_a)
    dL_dW^ai = dL_dJ^ai e_a (1 - e_a) + dL_dz^a x_i
    dL_db^a = dL_dz^a
    dL_dV^ia = dL_dr^i e_a
    dL_dc^i = dL_dr^i
    """
    z = W @ x  # [a]
    z += b
    e = _sigmoid(z)  # [a]
    t1 = 1 - e  # [a]
    t1 *= e
    dL_dJ = W * (2 * lambda_ * t1)[:, None]  # [a, i]
    r = V @ e  # [i]
    r += c
    dL_dc = r - x  # [i]
    dL_dc *= 2
    t2 = np.vecdot(dL_dJ, W)  # [a]
    dL_de = dL_dc @ V  # [a]
    dL_de += t2
    dL_de -= 2 * (e * t2)
    dL_db = dL_de * t1  # [a]
    dL_dW = dL_dJ * t1[:, None]  # [a, i]
    dL_dW += dL_db[:, None] * x
    dL_dV = dL_dc[:, None] * e  # [i, a]
    return {'dL_dW': dL_dW, 'dL_db': dL_db, 'dL_dV': dL_dV, 'dL_dc': dL_dc}
