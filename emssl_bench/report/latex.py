"""Tables as LaTeX."""

from emssl_bench.report.escaping import in_latex
from emssl_bench.report.section import Table


def latex_table(table: Table) -> str:
    """A tabular with words aligned left, numbers right and the note in the last row; every character is literal."""
    frame = table.printed
    alignment = "".join("l" if column in table.words else "r" for column in frame.columns)
    shown = frame.astype(str).map(in_latex)
    shown.columns = [in_latex(str(column)) for column in frame.columns]
    text = shown.to_latex(index=False, column_format=alignment)
    if not table.note:
        return text
    last = f"\\multicolumn{{{len(frame.columns)}}}{{l}}{{{in_latex(table.note)}}} \\\\\n"
    return text.replace("\\end{tabular}", f"{last}\\end{{tabular}}")
