"""What the scripts share that convert measured sets into tables that `forerun search replay` reads (docs/search.md)."""
import csv
import sys

COLUMNS = "workload group candidate nodes units_per_node memory_gib_per_node".split()
LAST = "usd_per_h seconds status".split()


def number(value):
    return f"{value:.6g}"


def rows_of(convert, features):
    """The rows of the file named on the command line, each converted, to standard output; `features` are the columns of the set's own."""
    if len(sys.argv) != 2:
        sys.exit(sys.modules["__main__"].__doc__)
    writer = csv.DictWriter(sys.stdout, [*COLUMNS, *features, *LAST], lineterminator="\n")
    writer.writeheader()
    with open(sys.argv[1], newline="", encoding="utf-8") as source:
        for row in csv.DictReader(source):
            converted = convert(row)
            if converted:
                writer.writerow(converted)
