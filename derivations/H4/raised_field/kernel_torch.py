import torch


def kernel(g, F):
    """U^mn = inv(g)^<m m1> inv(g)^<n n1> F_<m1 n1>
    `dS_dU`_mn = F_mn
    dS_dF^mn = U^mn + `dS_dU`_<m1 n1> inv(g)^<m1 m> inv(g)^<n1 n>
    """
    t1 = torch.linalg.inv(g)  # [i, j]
    U = t1 @ (t1 @ F.T).T  # [m, n]
    dS_dF = torch.addmm(U, t1.T, F @ t1)  # [m, n]
    return dS_dF
