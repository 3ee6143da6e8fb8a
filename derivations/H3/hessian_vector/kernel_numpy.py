import numpy as np


def kernel(W, x, b, U, t, W_dot, b_dot, U_dot):
    """z_nj = W_ji x_ni + b_j
    h_nj = tanh(z_nj)
    y_no = U_oj h_nj
    dL_dy^no = y_no - t_no
    dL_dh^nj = dL_dy^no U_oj
    `z_dot`_nj = x_ni `W_dot`_ji + `b_dot`_j
    `h_dot`_nj = (1 - h_nj**2) `z_dot`_nj
    `y_dot`_no = h_nj `U_dot`_oj + U_oj `h_dot`_nj
    dL_dy_dot^no = `y_dot`_no
    dL_dh_dot^nj = U_oj dL_dy_dot^no + dL_dy^no `U_dot`_oj
    dL_dz_dot^nj = (1 - h_nj**2) dL_dh_dot^nj - 2 dL_dh^nj h_nj `h_dot`_nj
    W_hvp^ji = x_ni dL_dz_dot^nj
    b_hvp^j = sum_n dL_dz_dot^nj
    U_hvp^oj = h_nj dL_dy_dot^no + dL_dy^no `h_dot`_nj
    """
    z = x @ W.T  # [n, j]
    z += b
    h = np.tanh(z, z)  # [n, j]
    t1 = h * h  # [n, j]
    np.subtract(1, t1, t1)
    z_dot = x @ W_dot.T  # [n, j]
    z_dot += b_dot
    h_dot = t1 * z_dot  # [n, j]
    y_dot = h @ U_dot.T  # [n, o]
    y_dot += h_dot @ U.T
    y = h @ U.T  # [n, o]
    dL_dy = y - t  # [n, o]
    dL_dh_dot = y_dot @ U  # [n, j]
    dL_dh_dot += dL_dy @ U_dot
    dL_dh = dL_dy @ U  # [n, j]
    dL_dz_dot = t1 * dL_dh_dot  # [n, j]
    dL_dz_dot -= 2 * (h * (h_dot * dL_dh))
    W_hvp = dL_dz_dot.T @ x  # [j, i]
    b_hvp = dL_dz_dot.sum(0)  # [j]
    U_hvp = y_dot.T @ h  # [o, j]
    U_hvp += dL_dy.T @ h_dot
    return {'W_hvp': W_hvp, 'b_hvp': b_hvp, 'U_hvp': U_hvp}
