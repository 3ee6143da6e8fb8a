import torch


def kernel(z, w, x_bar):
    """`z_bar`_i = `x_bar`_{i+j} w_j
    w_bar^j = `x_bar`_i zeropad(z^{i-j})
    """
    N = z.shape[0]
    K = w.shape[0]
    z_bar = torch.nn.functional.conv1d(x_bar.reshape(1, 1, K + N - 1), w.reshape(1, 1, K)).reshape(N)  # [i]
    w_bar = torch.nn.functional.conv1d(x_bar.reshape(1, 1, K + N - 1), z.reshape(1, 1, N)).reshape(K)  # [j]
    return {'z_bar': z_bar, 'w_bar': w_bar}
