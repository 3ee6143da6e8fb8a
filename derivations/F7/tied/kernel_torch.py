import torch


def kernel(E, w, A, g):
    """h_td = E_{w_t, d}
    z1_td = A_de h_te
    s_td = tanh(z1_td)
    z_tv = s_td E_vd
    l_tv = log_softmax_v(z_tv)
    dL_dz^tv = 1/n_t (exp(l_t^v) - δ^v_{g_t})
    dL_ds^td = dL_dz^tv E_vd
    dL_dz1^td = dL_ds^td (1 - s_td**2)
    dL_dh^td = dL_dz1^<t d1> A_<d1 d>
    dL_dE^vd = dL_dz^tv s_td + δ^v_{w_t} dL_dh^td
    dL_dA^de = dL_dz1^td h_te
    """
    V = E.shape[0]
    n_t = w.shape[0]
    h = E[w]  # [t, d]
    z1 = h @ A.T  # [t, d]
    s = z1.tanh_()  # [t, d]
    z = s @ E.T  # [t, v]
    l = torch.log_softmax(z, -1)  # [t, v]
    t1 = l.exp_()  # [t, v]
    t1 *= 1 / n_t
    dL_ds = t1 @ E  # [t, d]
    dL_ds -= 1 / n_t * E[g]
    dL_dz1 = s * s  # [t, d]
    dL_dz1.neg_()
    dL_dz1 += 1
    dL_dz1 *= dL_ds
    dL_dh = dL_dz1 @ A  # [t, d]
    dL_dE = (s.T @ t1).T  # [v, d]
    dL_dE.index_put_((g,), -1 / n_t * s, accumulate=True)
    dL_dE.index_put_((w,), dL_dh, accumulate=True)
    dL_dA = dL_dz1.T @ h  # [d, e]
    return {'dL_dE': dL_dE, 'dL_dA': dL_dA}
