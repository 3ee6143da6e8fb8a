import torch


def kernel(w1, w2):
    """df_dw1 = 26 w1 - 10 w2 + 4
    df_dw2 = 4 w2 - 10 w1 - 2
    """
    df_dw1 = 26 * w1 + 4 - 10 * w2
    df_dw2 = 4 * w2 - 10 * w1 - 2
    return {'df_dw1': df_dw1, 'df_dw2': df_dw2}
