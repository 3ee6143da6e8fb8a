import numpy as np


def kernel(S, u, c, T, d, y):
    """z_b = S_ba u_a + c_b
    s_b = tanh(z_b)
    t_b = T_ba u_a + d_b
    v_b = (y_b - t_b) exp(-s_b)
    dl_dv^b = -v_b
    dl_dt^b = -dl_dv^b exp(-s_b)
    dl_ds^b = -1 - dl_dv^b (y_b - t_b) exp(-s_b)
    dl_dz^b = dl_ds^b (1 - s_b**2)
    dl_dS^ba = dl_dz^b u_a
    dl_dc^b = dl_dz^b
    dl_dT^ba = dl_dt^b u_a
    dl_dd^b = dl_dt^b
    """
    t = T @ u  # [b]
    t += d
    z = S @ u  # [b]
    z += c
    s = np.tanh(z, z)  # [b]
    t1 = np.exp(-s)  # [b]
    v = y - t  # [b]
    v *= t1
    dl_dv = -v  # [b]
    dl_ds = dl_dv * v  # [b]
    np.negative(dl_ds, dl_ds)
    dl_ds -= 1
    dl_dc = s * s  # [b]
    np.subtract(1, dl_dc, dl_dc)
    dl_dc *= dl_ds
    dl_dS = dl_dc[:, None] * u  # [b, a]
    dl_dd = dl_dv * t1  # [b]
    dl_dd *= -1
    dl_dT = dl_dd[:, None] * u  # [b, a]
    return {'dl_dS': dl_dS, 'dl_dc': dl_dc, 'dl_dT': dl_dT, 'dl_dd': dl_dd}
