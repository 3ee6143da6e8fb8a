import numpy as np


def kernel(x, w1, b1, w2, b2, f_bar):
    """y_ij = tanh(w1 x_ij + b1)
    f_ij = tanh(w2 y_ij + b2)
    y_bar^ij = f_bar^ij (1 - f_ij**2) w2
    w1_bar = y_bar^ij (1 - y_ij**2) x_ij
    w2_bar = f_bar^ij (1 - f_ij**2) y_ij
    b1_bar = y_bar^ij (1 - y_ij**2)
    b2_bar = f_bar^ij (1 - f_ij**2)
    """
    y = np.tanh(w1 * x + b1)  # [i, j]
    f = np.tanh(w2 * y + b2)  # [i, j]
    t1 = f * f  # [i, j]
    np.subtract(1, t1, t1)
    y_bar = f_bar * t1  # [i, j]
    y_bar *= w2
    t2 = y * y  # [i, j]
    np.subtract(1, t2, t2)
    w1_bar = np.vdot(y_bar, (t2 * x))
    w2_bar = np.vdot(f_bar, (t1 * y))
    b1_bar = np.vdot(y_bar, t2)
    b2_bar = np.vdot(f_bar, t1)
    return {'w1_bar': w1_bar, 'w2_bar': w2_bar, 'b1_bar': b1_bar, 'b2_bar': b2_bar}
