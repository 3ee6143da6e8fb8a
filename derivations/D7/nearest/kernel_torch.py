import torch


def kernel(y_bar):
    """x_bar^cp = sum_r y_bar^{c, 3*p+r}"""
    x_bar = torch.nn.functional.avg_pool1d(y_bar, (3,), (3,)).mul_(3)  # [c, p]
    return x_bar
