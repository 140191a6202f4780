"""Writes the tables of the tutorials: the columns of the originals, with rows that are drawn (synthetic, seeded).

Usage: python make_tables.py [FOLDER]
Needs the standard library only. Nothing is copied from the data sets that the tutorials download; the columns have their
names, and the targets depend on them as a person would expect, so figures can't be compared with the originals'.
"""
import csv, math, os, random, sys

folder = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))


def sigmoid(z):
    return 1 / (1 + math.exp(-z))


def write(name, header, rows):
    with open(os.path.join(folder, name), "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
    print(f"{len(rows)} rows -> {name}")


def some(draw, shares):
    """One of the keys, by its share."""
    return draw.choices(list(shares), list(shares.values()))[0]


def hidden(draw, cell, share):
    return "" if draw.random() < share else cell


def between(low, value, high):
    return max(low, min(high, value))


def poisson(draw, rate):
    limit, count, product = math.exp(-rate), 0, draw.random()
    while product > limit:
        count, product = count + 1, product * draw.random()
    return count


def heart(draw):
    header = ["age", "sex", "cp", "trestbps", "chol", "fbs", "restecg", "thalach", "exang", "oldpeak", "slope", "ca", "thal",
              "target"]
    rows = []
    for _ in range(303):
        age, sex = round(between(29, draw.gauss(54, 9), 77)), int(draw.random() < 0.68)
        cp = some(draw, {0: 0.02, 1: 0.08, 2: 0.16, 3: 0.28, 4: 0.46})
        thal = some(draw, {"normal": 0.55, "reversible": 0.36, "fixed": 0.09})
        pulse = round(between(71, draw.gauss(150 - 0.9 * (age - 54), 20), 202))
        exang = int(draw.random() < (0.5 if cp == 4 else 0.15))
        peak, ca = round(max(0, draw.gauss(0.9 + 0.5 * exang, 1)), 1), some(draw, {0: 0.58, 1: 0.22, 2: 0.13, 3: 0.07})
        score = 2 * (-3.1 + 0.9 * sex + 1.3 * (cp == 4) + 1.4 * (thal != "normal") + 0.9 * ca + 0.5 * peak + 0.6 * exang
                     - 0.02 * (pulse - 150) + 0.02 * (age - 54))
        rows.append([age, sex, cp, round(draw.gauss(131, 17)), round(draw.gauss(246, 50)), int(draw.random() < 0.15),
                     some(draw, {0: 0.49, 1: 0.02, 2: 0.49}), pulse, exang, peak, some(draw, {1: 0.47, 2: 0.46, 3: 0.07}), ca,
                     thal, int(draw.random() < sigmoid(score))])
    write("heart.csv", header, rows)


def covertype(draw):
    header = ["Elevation", "Aspect", "Slope", "Horizontal_Distance_To_Hydrology", "Vertical_Distance_To_Hydrology",
              "Horizontal_Distance_To_Roadways", "Hillshade_9am", "Hillshade_Noon", "Hillshade_3pm",
              "Horizontal_Distance_To_Fire_Points", "Wilderness_Area", "Soil_Type", "Cover_Type"]
    # Of each cover: the elevation where it grows best, and how common it is.
    covers = [(3130, 0.9), (2920, 1.4), (2390, 0.4), (2220, -0.6), (2790, -0.4), (2420, 0.0), (3360, 0.1)]
    taste = [[draw.gauss(0, 1.3) for _ in range(40)] for _ in covers]
    place = [[draw.gauss(0, 0.7) for _ in range(4)] for _ in covers]
    rows = []
    for _ in range(3000):
        height, aspect, slope = draw.gauss(2860, 320), draw.randrange(360), max(0, round(draw.gauss(14, 7)))
        area = draw.choices(range(4), [0.45, 0.05, 0.43, 0.07])[0]
        soil = min(39, int(40 * draw.betavariate(1.2, 1.2)))
        water = round(draw.expovariate(1 / 270))
        shade = slope * math.cos(math.radians(aspect - 60))
        score = [-(((height - best) / 170) ** 2) / 2 + common + taste[k][soil] + place[k][area]
                 + (0.004 * shade * slope if k in (2, 5) else 0) - (0.002 * water if k == 3 else 0)
                 for k, (best, common) in enumerate(covers)]
        kind = max(range(7), key=lambda k: score[k] - math.log(draw.expovariate(1)))
        rows.append([round(height), aspect, slope, water, round(draw.gauss(0.17 * water, 30)), round(draw.expovariate(1 / 2300)),
                     round(between(0, 215 + 1.3 * shade, 254)), round(between(0, draw.gauss(223, 18), 254)),
                     round(between(0, 140 - 1.6 * shade, 254)), round(draw.expovariate(1 / 1950)), f"area_type_{area + 1}",
                     f"soil_type_{soil + 1}", kind])
    write("covertype.csv", header, rows)


def census(draw):
    header = ["age", "workclass", "fnlwgt", "education", "education_num", "marital_status", "occupation", "relationship", "race",
              "gender", "capital_gain", "capital_loss", "hours_per_week", "native_country", "income_bracket"]
    schools = {"HS-grad": 9, "Some-college": 10, "Bachelors": 13, "Masters": 14, "Assoc-voc": 11, "11th": 7, "Doctorate": 16}
    work = {"Exec-managerial": 1.1, "Prof-specialty": 0.9, "Craft-repair": 0.1, "Adm-clerical": -0.2, "Sales": 0.2,
            "Other-service": -1.2, "Machine-op-inspct": -0.4}
    rows = {}
    while len(rows) < 2500:
        age, school = round(between(17, draw.gauss(39, 13), 90)), some(draw, dict(zip(schools, [32, 22, 17, 6, 5, 4, 2])))
        status = some(draw, {"Married": 0.47, "Never-married": 0.33, "Divorced": 0.14, "Widowed": 0.06})
        gender, occupation = some(draw, {"Male": 0.67, "Female": 0.33}), draw.choice(list(work))
        relation = {"Married": "Husband" if gender == "Male" else "Wife"}.get(status) or draw.choice(["Not-in-family", "Own-child"])
        hours = round(between(5, draw.gauss(40, 11), 99))
        gain = round(draw.lognormvariate(8.6, 0.9)) if draw.random() < 0.08 else 0
        loss = round(draw.gauss(1870, 300)) if draw.random() < 0.05 else 0
        # Study pays where the work asks for it: what the columns say together.
        score = (-3.4 + 0.03 * (age - 39) - 0.0012 * (age - 45) ** 2 + 1.9 * (status == "Married") + work[occupation]
                 + (0.32 if work[occupation] > 0.5 else 0.12) * (schools[school] - 9) + 0.03 * (hours - 40) + 2.2 * (gain > 5000)
                 + 0.7 * (loss > 0))
        row = [age, hidden(draw, some(draw, {"Private": 0.74, "Self-emp": 0.11, "Local-gov": 0.08, "Federal-gov": 0.07}),
                                 0.04), round(draw.lognormvariate(12, 0.5)), school, schools[school], status, occupation, relation,
                     some(draw, {"White": 0.85, "Black": 0.1, "Asian-Pac": 0.05}), gender, gain, loss, hours,
                     some(draw, {"United-States": 0.91, "Mexico": 0.04, "Philippines": 0.03, "Germany": 0.02}),
               ">50K" if draw.random() < sigmoid(score) else "<=50K"]
        # Two people who differ only in their weight would be found as copies on two sides of a split.
        rows[tuple(row[:2] + row[3:])] = row
    write("census.csv", header, list(rows.values()))


def ratings(draw):
    taste = lambda: [draw.gauss(0, 1) for _ in range(3)]
    users = {u: (taste(), draw.gauss(0, 0.4)) for u in draw.sample(range(1, 700), 120)}
    movies = {m: (taste(), draw.gauss(0, 0.5)) for m in draw.sample(range(1, 9000), 150)}
    rows = []
    for user, (likes, mood) in users.items():
        for movie in draw.sample(list(movies), draw.randint(20, 80)):
            has, fame = movies[movie]
            score = 3.4 + mood + fame + 0.45 * sum(a * b for a, b in zip(likes, has)) + draw.gauss(0, 0.4)
            rows.append([user, movie, between(0.5, round(2 * score) / 2, 5), draw.randrange(830_000_000, 1_500_000_000)])
    draw.shuffle(rows)
    write("ratings.csv", ["userId", "movieId", "rating", "timestamp"], rows)


def titanic(draw):
    rows = []
    for _ in range(1309):
        pclass, sex = some(draw, {1: 0.25, 2: 0.21, 3: 0.54}), some(draw, {"male": 0.64, "female": 0.36})
        age, fare = round(between(0.5, draw.gauss(44 - 6 * pclass, 13), 80)), draw.lognormvariate([0, 4.1, 2.9, 2.3][pclass], 0.5)
        score = -1.1 + 2.4 * (sex == "female") - 0.85 * (pclass - 2) - 0.03 * (age - 30) + (0.9 if age < 12 else 0)
        rows.append([pclass, sex, hidden(draw, age, 0.2), hidden(draw, f"{fare:.4f}", 0.001),
                     hidden(draw, some(draw, {"S": 0.70, "C": 0.21, "Q": 0.09}), 0.002), int(draw.random() < sigmoid(score))])
    write("titanic.csv", ["pclass", "sex", "age", "fare", "embarked", "survived"], rows)


def claims(draw):
    header = ["IDpol", "ClaimNb", "Exposure", "Area", "VehPower", "VehAge", "DrivAge", "BonusMalus", "VehBrand", "VehGas",
              "Density", "Region"]
    regions = [f"R{number}" for number in (11, 24, 31, 52, 53, 72, 82, 93)]
    rows = []
    for number in range(3000):
        age, bonus = round(between(18, draw.gauss(45, 14), 90)), round(between(50, 50 + draw.expovariate(1 / 12), 150))
        density, exposure = draw.lognormvariate(5.9, 1.8), round(between(0.01, draw.betavariate(0.9, 0.7), 1), 2)
        car, region = min(20, int(draw.expovariate(1 / 7))), draw.choice(regions)
        rate = math.exp(-1.6 + 0.025 * (bonus - 50) + 0.10 * (math.log(density) - 5.9) + 0.5 * (car < 1) - 0.02 * car
                        + (0.8 if age < 24 else 0) + 0.25 * (region in ("R11", "R93")))
        rows.append([1000 + number, min(4, poisson(draw, rate * exposure)), exposure,
                     "ABCDEF"[int(between(0, math.log(density) - 3, 5))], draw.randint(4, 12), car, age, bonus,
                     f"B{draw.randint(1, 12)}", some(draw, {"Regular": 0.51, "Diesel": 0.49}), max(1, round(density)), region])
    write("motor_claims.csv", header, rows)


def credit(draw):
    header = ["checking_status", "duration", "credit_history", "purpose", "credit_amount", "savings_status", "employment", "age",
              "housing", "existing_credits", "class"]
    accounts = {"<0": 0.9, "0<=X<200": 0.4, ">=200": -0.3, "no checking": -1.0}
    history = {"critical": -0.7, "existing paid": 0.1, "delayed": 0.4, "no credits": 1.0}
    rows = []
    for _ in range(1000):
        account, past = some(draw, dict(zip(accounts, [27, 27, 6, 40]))), some(draw, dict(zip(history, [29, 53, 9, 9])))
        months, age = round(between(4, draw.lognormvariate(2.9, 0.55), 72)), round(between(19, draw.gauss(35, 11), 75))
        amount = round(draw.lognormvariate(7.2 + 0.025 * months, 0.6))
        savings = some(draw, {"<100": 0.6, "100<=X<500": 0.1, ">=500": 0.12, "none known": 0.18})
        score = (-1.2 + accounts[account] + history[past] + 0.035 * (months - 20) + 0.00007 * (amount - 3000)
                 + 0.4 * (savings == "<100") - 0.02 * (age - 35))
        rows.append([account, months, past, draw.choice(["car", "radio/tv", "furniture", "education", "business"]), amount, savings,
                     some(draw, {"<1": 0.17, "1<=X<4": 0.34, "4<=X<7": 0.18, ">=7": 0.31}), age,
                     some(draw, {"own": 0.71, "rent": 0.18, "for free": 0.11}), draw.randint(1, 3),
                     "bad" if draw.random() < sigmoid(score) else "good"])
    write("credit.csv", header, rows)


for number, table in enumerate([heart, covertype, census, ratings, titanic, claims, credit]):
    table(random.Random(100 + number))
