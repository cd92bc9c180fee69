"""Messages about numbers in a URDF file."""

from emssl_bench.exceptions import quoted
from emssl_bench.system.numerals import finite_number

XACRO = "is xacro that is not expanded: expand it first (xacro FILE > ARM.urdf)."


def not_a_limit(text: str, kind: str) -> str:
    """What is wrong with a text that should be a limit."""
    takes = f"that takes one finite number, in {'m' if kind == 'prismatic' else 'rad'}"
    if "${" in text or "$(" in text:
        return f"{takes}, and the file {XACRO[:-1]}"
    if "," in text:
        return f"{takes}; a decimal has a point, not a comma"
    if text.lower().lstrip("+-") in ("inf", "infinity"):
        return "it needs a bound" if kind == "prismatic" else "a joint without limits is of type 'continuous'"
    return takes


def not_three(text: str, parts: list[str]) -> str:
    takes = "that takes three finite numbers"
    if "${" in text or "$(" in text:
        return f"{takes}, and the file {XACRO}"
    if "," in text:
        return f"{takes} with spaces between them, and a decimal has a point: there is a comma."
    if len(parts) != 3:
        return f"{takes}, not {len(parts)}."
    return f"{takes}, and {quoted(next(part for part in parts if not is_finite_number(part)))} is none."


def is_finite_number(text: str) -> bool:
    try:
        finite_number(text)
    except ValueError:
        return False
    return True
