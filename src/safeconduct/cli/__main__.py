"""`python -m safeconduct.cli`: the command line where no script is installed."""

from safeconduct.cli import main

if __name__ == "__main__":
    main()
