"""One file for each subcommand; each imports only typer and rich at its top, so that ``--help`` stays quick.

A command module offers ``command``, the function behind the subcommand: its signature is the command
line, its docstring the help, first line first. Whatever is heavy is imported inside the function.
"""
