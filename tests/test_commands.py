"""A command is a file and a line."""

from types import SimpleNamespace

from emssl_bench.cli.commands import COMMANDS
from tests.commands import run


def test_every_command_has_a_file_of_its_name():
    assert {name: command.__name__ for name, command in COMMANDS.items()} == {
        name: f"emssl_bench.cli.{name}" for name in COMMANDS
    }


def test_a_new_command_is_listed_and_run_with_its_own_arguments(capsys, monkeypatch):
    def add_arguments(parser):
        parser.epilog = "Nothing is written."
        parser.add_argument("--times", type=int, default=1, help="how often")

    def greet(options):
        print("good day " * options.times)
        return 7

    command = SimpleNamespace(HELP="say good day", add_arguments=add_arguments, run=greet)
    monkeypatch.setitem(COMMANDS, "greet", command)
    assert ["greet", "say", "good", "day"] in [line.split() for line in run(capsys, "--help")[1].splitlines()]
    code, out, _ = run(capsys, "greet", "--help")
    assert (code, "how often (default: 1)" in out, "Nothing is written." in out) == (0, True, True)
    assert run(capsys, "greet", "--times", "2") == (7, "good day good day \n", "")
    assert run(capsys, "greet", "--tmies", "2")[2].endswith("(did you mean --times?)\n")
