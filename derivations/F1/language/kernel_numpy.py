import numpy as np


def _log_softmax(x, axes):
    shifted = x - np.max(x, axis=axes, keepdims=True)
    return shifted - np.log(np.sum(np.exp(shifted), axis=axes, keepdims=True))


def kernel(h, E, w, W, V, g):
    """z^i_t = E_{w_t}^i + W^i_j s_{t-1}^j
    s_{-1}^i = h^i
    s_t^i = tanh(z^i_t)
    z1^v_t = V^v_i s_t^i
    l_t^v = log_softmax_v(z1^v_t)
    `dL_dz1`_v^t = 1/n_t (exp(l_tv) - δ^{g_t}_v)
    dL_ds^t_i = `dL_dz1`_v^t V^v_i + zeropad(`dL_dz`_<i1>^{t+1}) W^<i1>_i
    `dL_dz`_i^t = dL_ds^t_i (1 - s_t^i**2)
    dL_dE^i_j = δ^i_{w_t} `dL_dz`_j^t
    `dL_dW`_i^j = `dL_dz`_i^t s_{t-1}^j
    `dL_dV`_v^i = `dL_dz1`_v^t s_t^i
    `dL_dh`_i = `dL_dz`_<i1>^{[0]} W^<i1>_i
    """
    n_i = h.shape[0]
    n_E = E.shape[0]
    n_t = w.shape[0]
    n_v = V.shape[0]
    dtype = np.result_type(h, E, W, V)
    z = np.zeros((n_t, n_i), dtype)
    s_rows = np.zeros((n_t + 1, n_i), dtype)
    s_rows[0] = h
    for t in range(n_t):
        z[t] = (E[w[t]] + W @ s_rows[t])
        s_rows[t + 1] = np.tanh(z[t])
    z1 = V @ s_rows[1:n_t + 1].T  # [v, t]
    t1 = z1.T
    l = _log_softmax(t1, (-1,))  # [t, v]
    t2 = np.exp(l, l)  # [t, v]
    t2 *= 1 / n_t
    t3 = s_rows[1:n_t + 1]  # [t, i]
    t4 = t3 * t3  # [t, i]
    np.subtract(1, t4, t4)
    t5 = t2 @ V  # [t, i]
    t5 -= 1 / n_t * V[g]
    dL_ds = np.zeros((n_t, n_i), dtype)
    dL_dz_rows = np.zeros((n_t + 1, n_i), dtype)
    for t6 in range(n_t - 1, -1, -1):
        dL_ds[t6] = (t5[t6] + dL_dz_rows[t6 + 1] @ W)
        dL_dz_rows[t6] = (dL_ds[t6] * t4[t6])
    dL_dE = np.zeros((n_E, n_i), dtype)  # [i, j]
    np.add.at(dL_dE, (w,), dL_dz_rows[:n_t])
    dL_dW = dL_dz_rows[:n_t].T @ s_rows[:n_t]  # [i, j]
    dL_dV = (t3.T @ t2).T  # [v, i]
    np.add.at(dL_dV, (g,), -1 / n_t * t3)
    dL_dh = dL_dz_rows[0] @ W  # [i]
    return {'dL_dE': dL_dE, 'dL_dW': dL_dW, 'dL_dV': dL_dV, 'dL_dh': dL_dh}
