import numpy as np


def _log_softmax(x, axes):
    shifted = x - np.max(x, axis=axes, keepdims=True)
    return shifted - np.log(np.sum(np.exp(shifted), axis=axes, keepdims=True))


def kernel(E, w, g):
    """h_t^d = E_{w_t}^d
    z_t^v = tanh(h_t^d) E_v^d
    l_t^v = log_softmax_v(z_t^v)
    dL_dz^t_v = 1/n_t (exp(l_tv) - δ^{g_t}_v)
    dL_dh^t_d = dL_dz^t_v (1 - tanh(h_t^d)**2) E_v^d
    dL_dE^v_d = dL_dz^t_v tanh(h_t^d) + δ^v_{w_t} dL_dh^t_d
    """
    n_v = E.shape[0]
    n_t = w.shape[0]
    h = E[w]  # [t, d]
    t1 = np.tanh(h, h)  # [t, d]
    z = t1 @ E.T  # [t, v]
    l = _log_softmax(z, (-1,))  # [t, v]
    t2 = np.exp(l, l)  # [t, v]
    t2 *= 1 / n_t
    t3 = t1 * t1  # [t, d]
    np.subtract(1, t3, t3)
    dL_dh = t2 @ E  # [t, d]
    dL_dh *= t3
    dL_dh -= 1 / n_t * (t3 * E[g])
    dL_dE = (t1.T @ t2).T  # [v, d]
    np.add.at(dL_dE, (g,), -1 / n_t * t1)
    np.add.at(dL_dE, (w,), dL_dh)
    return dL_dE
