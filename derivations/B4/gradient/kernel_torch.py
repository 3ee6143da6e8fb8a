import torch


def kernel(w1, w2):
    """df_dw1 = 2 (13 w1 - 5 w2 + 2)
    df_dw2 = 2 (2 w2 - 5 w1 - 1)
    """
    df_dw1 = 2 * (13 * w1 + 2 - 5 * w2)
    df_dw2 = 2 * (2 * w2 - 5 * w1 - 1)
    return {'df_dw1': df_dw1, 'df_dw2': df_dw2}
