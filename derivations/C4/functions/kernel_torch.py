import torch


def kernel(w1, x, w2, w3):
    """a = tanh(w1 x)
    b = sin(w2 x)
    c = a b
    d = exp(w3 a)
    dL_dd = c
    dL_dc = d
    dL_db = 1 + dL_dc a
    dL_da = dL_dd d w3 + dL_dc b
    dL_dx = dL_db cos(w2 x) w2 + dL_da (1 - a**2) w1
    dL_dw1 = dL_da (1 - a**2) x
    dL_dw2 = dL_db cos(w2 x) x
    dL_dw3 = dL_dd d a
    """
    a = torch.tanh(w1 * x)
    d = torch.exp(w3 * a)
    dL_db = d * a + 1
    t1 = w2 * x
    t2 = dL_db * torch.cos(t1)
    b = torch.sin(t1)
    c = a * b
    t3 = c * d
    dL_da = t3 * w3 + d * b
    t4 = dL_da * (1 - a * a)
    dL_dx = t2 * w2 + t4 * w1
    dL_dw1 = t4 * x
    dL_dw2 = t2 * x
    dL_dw3 = t3 * a
    return {'dL_dx': dL_dx, 'dL_dw1': dL_dw1, 'dL_dw2': dL_dw2, 'dL_dw3': dL_dw3}
