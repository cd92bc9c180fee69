"""The run-time type checker of the tests: beartype, taking an int for a float as Python's typing does."""

from beartype import BeartypeConf, beartype

checker = beartype(conf=BeartypeConf(is_pep484_tower=True))
