import torch


def kernel(x, w1, b1, w2, b2, f_bar):
    """y_ij = tanh(w1 x_ij + b1)
    f_ij = tanh(w2 y_ij + b2)
    y_bar^ij = f_bar^ij (1 - f_ij**2) w2
    w1_bar = y_bar^ij (1 - y_ij**2) x_ij
    w2_bar = f_bar^ij (1 - f_ij**2) y_ij
    b1_bar = y_bar^ij (1 - y_ij**2)
    b2_bar = f_bar^ij (1 - f_ij**2)
    """
    y = torch.tanh(w1 * x + b1)  # [i, j]
    f = torch.tanh(w2 * y + b2)  # [i, j]
    t1 = f * f  # [i, j]
    t1.neg_()
    t1 += 1
    y_bar = f_bar * t1  # [i, j]
    y_bar *= w2
    t2 = y * y  # [i, j]
    t2.neg_()
    t2 += 1
    w1_bar = torch.dot(y_bar.reshape(-1), (t2 * x).reshape(-1))
    w2_bar = torch.dot(f_bar.reshape(-1), (t1 * y).reshape(-1))
    b1_bar = torch.dot(y_bar.reshape(-1), t2.reshape(-1))
    b2_bar = torch.dot(f_bar.reshape(-1), t1.reshape(-1))
    return {'w1_bar': w1_bar, 'w2_bar': w2_bar, 'b1_bar': b1_bar, 'b2_bar': b2_bar}
