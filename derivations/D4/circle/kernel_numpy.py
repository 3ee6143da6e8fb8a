import numpy as np


def kernel(x, h, y_bar):
    """x_bar^i = y_bar^n circular(h_{n-i})
    h_bar^m = y_bar^n circular(x_{n-m})
    """
    spectrum1 = np.fft.rfft(h)
    spectrum2 = np.fft.rfft(y_bar)
    x_bar = np.fft.irfft(spectrum1.conj() * spectrum2, 256)  # [i]
    spectrum3 = np.fft.rfft(x)
    h_bar = np.fft.irfft(spectrum3.conj() * spectrum2, 256)  # [m]
    return {'x_bar': x_bar, 'h_bar': h_bar}
