import torch


def kernel(z, a):
    """D_i = 1 + exp(a_i) (1 - tanh(z_i)**2)
    dl_dD^i = -1/D_i
    dl_dz^i = -z_i - 2 dl_dD^i exp(a_i) tanh(z_i) (1 - tanh(z_i)**2)
    dl_da^i = dl_dD^i exp(a_i) (1 - tanh(z_i)**2)
    """
    t1 = torch.tanh(z)  # [i]
    t2 = torch.exp(a)  # [i]
    t2 *= 1 - t1 * t1
    D = t2 + 1  # [i]
    dl_dD = -1 / D  # [i]
    dl_dz = t1 * t2  # [i]
    dl_dz *= dl_dD
    dl_dz *= -2
    dl_dz -= z
    dl_da = dl_dD * t2  # [i]
    return {'dl_dz': dl_dz, 'dl_da': dl_da}
