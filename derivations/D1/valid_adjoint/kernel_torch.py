import torch


def kernel(z, w, x_bar):
    """`z_bar`_i = zeropad(`x_bar`_{i-j}) w_j
    w_bar^j = `x_bar`_i z^{i+j}
    """
    N = z.shape[0]
    K = w.shape[0]
    z_bar = torch.nn.grad.conv1d_input((1, 1, N), w.reshape(1, 1, K), x_bar.reshape(1, 1, N - K + 1)).reshape(N)  # [i]
    w_bar = torch.nn.grad.conv1d_weight(z.reshape(1, 1, N), (1, 1, K), x_bar.reshape(1, 1, N - K + 1)).reshape(K)  # [j]
    return {'z_bar': z_bar, 'w_bar': w_bar}
