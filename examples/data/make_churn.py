"""Writes churn.csv: customers of a phone company and whether they left (synthetic, seeded).

Usage: python make_churn.py OUT.csv [rows] [seed]
Needs the standard library only. About a third of the customers leave; some cells are missing. Leaving depends on
contract, tenure, charges, support calls, and on how charges and contract go together.
"""
import csv, math, random, sys

out = sys.argv[1]
rows = int(sys.argv[2]) if len(sys.argv) > 2 else 800
draw = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 11)

header = ["customer_id", "tenure_months", "monthly_charges", "contract", "payment_method", "internet", "support_calls",
          "senior", "paperless_billing", "data_usage_gb", "churned"]


def customer(number):
    contract = draw.choices(["monthly", "one_year", "two_years"], [0.55, 0.25, 0.20])[0]
    longest = {"monthly": 40, "one_year": 60, "two_years": 72}[contract]
    tenure = 1 + int(longest * draw.random() ** 1.4)
    internet = draw.choices(["fibre", "dsl", "no"], [0.45, 0.35, 0.20])[0]
    usage = {"fibre": 220.0, "dsl": 80.0, "no": 0.0}[internet] * draw.lognormvariate(0, 0.5)
    charges = 20 + {"fibre": 50, "dsl": 25, "no": 0}[internet] + max(0.0, draw.gauss(10, 8))
    payment = draw.choices(["card", "bank_transfer", "electronic_check", "mailed_check"], [0.27, 0.24, 0.32, 0.17])[0]
    calls = min(9, int(draw.expovariate(0.8)))
    senior = int(draw.random() < 0.16)
    paperless = draw.choice(["yes", "no"])
    score = (-1.4 + {"monthly": 1.3, "one_year": -0.5, "two_years": -1.8}[contract] - 0.045 * tenure
             + 0.55 * calls + 0.5 * senior + (0.6 if payment == "electronic_check" else 0.0)
             + 0.03 * (charges - 60) * (1.0 if contract == "monthly" else 0.2))
    churned = "yes" if draw.random() < 1 / (1 + math.exp(-score)) else "no"
    hide = lambda cell, share: "" if draw.random() < share else cell
    return [f"c{number:04d}", tenure, f"{charges:.2f}", contract, hide(payment, 0.02), internet, calls, senior, paperless,
            hide(f"{usage:.1f}", 0.03), churned]


table = [customer(number) for number in range(1, rows + 1)]
with open(out, "w", newline="", encoding="utf-8") as file:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(table)
print(f"{rows} rows, {sum(row[-1] == 'yes' for row in table) / rows:.1%} churned -> {out}")
