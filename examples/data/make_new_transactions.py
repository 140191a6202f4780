"""Writes new_transactions.csv: rows to score, in the format of transactions.csv without its answer.

Usage: python make_new_transactions.py OUT.csv [rows] [seed]
Draws rows with make_transactions.py (needs numpy), then puts in what a model meets after its training: a few levels
that no training row had, and missing cells, also in columns that had none.
"""
import csv, os, random, subprocess, sys, tempfile

out = sys.argv[1]
rows = int(sys.argv[2]) if len(sys.argv) > 2 else 40
seed = int(sys.argv[3]) if len(sys.argv) > 3 else 99
here = os.path.dirname(os.path.abspath(__file__))
with tempfile.TemporaryDirectory() as folder:
    drawn = os.path.join(folder, "drawn.csv")
    subprocess.run([sys.executable, os.path.join(here, "make_transactions.py"), drawn, str(rows * 25), str(seed)],
                   check=True, stdout=subprocess.DEVNULL)
    with open(drawn, newline="") as file:
        header, *table = list(csv.reader(file))

draw = random.Random(seed)
table = sorted(draw.sample(table, rows), key=lambda row: row[header.index("time")])
for number, row in enumerate(table):
    row[header.index("transaction_id")] = f"n{number:04d}"
for column, cell, count in [("country", "NZ", 2), ("merchant_category", "charity", 2), ("merchant_category", "", 3),
                            ("entry_mode", "", 1), ("amount", "", 1), ("distance_from_home_km", "NA", 2)]:
    for row in draw.sample(table, count):
        row[header.index(column)] = cell
answer = header.index("is_fraud")
with open(out, "w", newline="") as file:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerows(row[:answer] + row[answer + 1:] for row in [header, *table])
print(f"{rows} rows -> {out}")
