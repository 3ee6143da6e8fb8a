"""``python -m tensorcalc`` is the command ``tensorcalc``."""

from tensorcalc.cli import main

if __name__ == "__main__":
    main()
