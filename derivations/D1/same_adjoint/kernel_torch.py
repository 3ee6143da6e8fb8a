import torch


def kernel(z, w, x_bar):
    """`z_bar`_i = `x_bar`_<i1> zeropad(w_{i1 - i})
    w_bar^j = `x_bar`_i zeropad(z^{i-j})
    """
    N = z.shape[0]
    n_j = w.shape[0]
    z_bar = torch.nn.functional.conv1d(torch.nn.functional.pad(x_bar.reshape(1, 1, N), (0, n_j - 1)), w.reshape(1, 1, n_j)).reshape(N)  # [i]
    w_bar = torch.nn.functional.conv1d(torch.nn.functional.pad(x_bar.reshape(1, 1, N), (0, n_j - 1)), z.reshape(1, 1, N)).reshape(n_j)  # [j]
    return {'z_bar': z_bar, 'w_bar': w_bar}
