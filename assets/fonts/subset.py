"""Makes plot.otf from Inter-Regular.otf (Inter 3.19): the letters, digits and signs that plots need, outlines only.

Usage: python subset.py Inter-Regular.otf        (needs fonttools)
"""

import sys
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

LETTERS = "20-7e a0-17f 18f 192 1a0-1a1 1af-1b0 1cd-1dc 218-21b 300-304 306-308 30a-30c 327-328 370-3ff 400-45f 490-491 1e80-1e85 1ea0-1ef9"
SIGNS = (
    "2c6-2dd 2009 2010-2015 2018-201e 2020-2022 2026 202f 2030 2032 2033 2039 203a 2044 2070-209c 20a0-20bf 2116 2122 2126"
    " 212e 2190-2194 21d2 21d4 2202 2206 220f 2211 2212 2215 2219 221a 221e 222b 2248 2260 2264 2265"
    " 25a0 25a1 25b2 25b3 25cf 25cb 25c6 25c7 2713 2717 fffd"
)

wanted = []
for part in f"{LETTERS} {SIGNS}".split():
    first, _, last = part.partition("-")
    wanted += range(int(first, 16), int(last or first, 16) + 1)

options = Options()
options.layout_features = []
options.hinting = False
options.desubroutinize = True
options.notdef_outline = True
options.name_IDs = [0, 1, 2, 4, 6, 13, 14]
options.drop_tables += ["GSUB", "GPOS", "GDEF", "OS/2", "post", "BASE", "DSIG", "STAT"]

font = TTFont(sys.argv[1], recalcTimestamp=False)
subsetter = Subsetter(options)
subsetter.populate(unicodes=wanted)
subsetter.subset(font)
for record in font["name"].names:
    new = {1: "Plot Sans", 4: "Plot Sans Regular", 6: "PlotSans-Regular"}.get(record.nameID)
    if new:
        record.string = new
font.save(Path(__file__).parent / "plot.otf")
