"""The asynchronous run itself, in virtual time and on real processes: a witness that has not read the theory."""
