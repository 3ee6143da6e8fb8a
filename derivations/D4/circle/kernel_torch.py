import torch


def kernel(x, h, y_bar):
    """x_bar^i = y_bar^n circular(h_{n-i})
    h_bar^m = y_bar^n circular(x_{n-m})
    """
    spectrum1 = torch.fft.rfft(h)
    spectrum2 = torch.fft.rfft(y_bar)
    x_bar = torch.fft.irfft(spectrum1.conj() * spectrum2, 256)  # [i]
    spectrum3 = torch.fft.rfft(x)
    h_bar = torch.fft.irfft(spectrum3.conj() * spectrum2, 256)  # [m]
    return {'x_bar': x_bar, 'h_bar': h_bar}
