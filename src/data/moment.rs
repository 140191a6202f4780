//! Moments as they are written in cells.

/// A moment as its cell says it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moment {
    /// Seconds since 1970-01-01T00:00:00 by the clock of the cell: what hour and weekday are taken from.
    pub clock: f64,
    /// Seconds that this clock is ahead of UTC; 0 if the cell does not say.
    pub ahead: f64,
    /// Whether the cell has a time of day.
    pub has_hours: bool,
}

impl Moment {
    /// Seconds since 1970-01-01T00:00:00Z: what moments are sorted by.
    pub fn instant(&self) -> f64 {
        self.clock - self.ahead
    }
}

/// Reads ISO 8601 (`2026-01-31`, `2026-01-31T08:30`, `2026-01-31 08:30:00.5+01:00`), or what `format` says.
pub fn parse(cell: &str, format: Option<&str>) -> Option<Moment> {
    let mut reader = Reader { rest: cell.trim_ascii().as_bytes() };
    let mut fields = Fields::default();
    match format {
        Some(format) => reader.formatted(format, &mut fields)?,
        None => reader.iso(&mut fields)?,
    }
    if reader.rest.is_empty() { fields.moment() } else { None }
}

#[derive(Debug)]
struct Fields {
    year: i64,
    month: i64,
    day: i64,
    hour: Option<i64>,
    afternoon: Option<bool>,
    minute: i64,
    second: i64,
    fraction: f64,
    ahead: i64,
    epoch: Option<f64>,
}

impl Default for Fields {
    fn default() -> Self {
        Fields {
            year: 1970,
            month: 1,
            day: 1,
            hour: None,
            afternoon: None,
            minute: 0,
            second: 0,
            fraction: 0.0,
            ahead: 0,
            epoch: None,
        }
    }
}

impl Fields {
    fn moment(&self) -> Option<Moment> {
        if let Some(clock) = self.epoch {
            return Some(Moment { clock, ahead: 0.0, has_hours: true });
        }
        let hour = match (self.hour.unwrap_or(0), self.afternoon) {
            (h, None) => h,
            (h @ 1..=12, Some(afternoon)) => h % 12 + if afternoon { 12 } else { 0 },
            _ => return None,
        };
        // A leap second (60) counts as the first of the next minute.
        let sound = (1..=12).contains(&self.month)
            && (1..=month_length(self.year, self.month)).contains(&self.day)
            && (0..24).contains(&hour)
            && (0..60).contains(&self.minute)
            && (0..=60).contains(&self.second);
        if !sound {
            return None;
        }
        let seconds = days(self.year, self.month, self.day) * 86_400 + hour * 3_600 + self.minute * 60 + self.second;
        Some(Moment { clock: seconds as f64 + self.fraction, ahead: self.ahead as f64, has_hours: self.hour.is_some() })
    }
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl Reader<'_> {
    fn take(&mut self, byte: u8) -> Option<()> {
        self.rest = self.rest.strip_prefix(&[byte])?;
        Some(())
    }

    /// A whole number of `least` to `most` digits.
    fn digits(&mut self, least: usize, most: usize) -> Option<i64> {
        let count = self.rest.iter().take(most).take_while(|b| b.is_ascii_digit()).count();
        if count < least {
            return None;
        }
        let (number, rest) = self.rest.split_at(count);
        self.rest = rest;
        Some(number.iter().fold(0, |n, b| n * 10 + i64::from(b - b'0')))
    }

    /// The digits behind a decimal point, as a part of 1.
    fn fraction(&mut self) -> Option<f64> {
        let count = self.rest.iter().take_while(|b| b.is_ascii_digit()).count();
        let shown = self.digits(1, 9)?;
        self.rest = &self.rest[count.saturating_sub(9)..];
        Some(shown as f64 / 10f64.powi(count.min(9) as i32))
    }

    fn iso(&mut self, fields: &mut Fields) -> Option<()> {
        fields.year = self.digits(4, 4)?;
        self.take(b'-')?;
        fields.month = self.digits(2, 2)?;
        self.take(b'-')?;
        fields.day = self.digits(2, 2)?;
        if self.rest.is_empty() {
            return Some(());
        }
        self.take(b'T').or_else(|| self.take(b't')).or_else(|| self.take(b' '))?;
        fields.hour = Some(self.digits(2, 2)?);
        self.take(b':')?;
        fields.minute = self.digits(2, 2)?;
        if self.take(b':').is_some() {
            fields.second = self.digits(2, 2)?;
            if self.take(b'.').or_else(|| self.take(b',')).is_some() {
                fields.fraction = self.fraction()?;
            }
        }
        if !self.rest.is_empty() {
            fields.ahead = self.zone()?;
        }
        Some(())
    }

    /// `Z`, `+01:00`, `+0100`, `+01`.
    fn zone(&mut self) -> Option<i64> {
        if self.take(b'Z').or_else(|| self.take(b'z')).is_some() {
            return Some(0);
        }
        let sign = if self.take(b'+').is_some() {
            1
        } else {
            self.take(b'-')?;
            -1
        };
        let hours = self.digits(2, 2)?;
        let colon = self.take(b':').is_some();
        let minutes = self.digits(2, 2);
        match minutes {
            None if colon => None,
            _ if hours > 23 || minutes.is_some_and(|m| m > 59) => None,
            _ => Some(sign * (hours * 3_600 + minutes.unwrap_or(0) * 60)),
        }
    }

    fn formatted(&mut self, format: &str, fields: &mut Fields) -> Option<()> {
        let mut pattern = format.bytes();
        while let Some(byte) = pattern.next() {
            if byte != b'%' {
                self.take(byte)?;
                continue;
            }
            self.directive(pattern.next()?, fields)?;
        }
        Some(())
    }

    fn directive(&mut self, directive: u8, fields: &mut Fields) -> Option<()> {
        match directive {
            b'Y' => fields.year = self.digits(4, 4)?,
            // As in C: 69-99 are of the last century.
            b'y' => fields.year = self.digits(2, 2).map(|y| if y < 69 { 2000 + y } else { 1900 + y })?,
            b'm' => fields.month = self.digits(1, 2)?,
            b'b' | b'B' => fields.month = self.month_name()?,
            b'd' => fields.day = self.digits(1, 2)?,
            b'H' | b'I' => fields.hour = Some(self.digits(1, 2)?),
            b'p' => fields.afternoon = Some(self.afternoon()?),
            b'M' => fields.minute = self.digits(1, 2)?,
            b'S' => fields.second = self.digits(1, 2)?,
            b'f' => fields.fraction = self.fraction()?,
            b'z' => fields.ahead = self.zone()?,
            b's' => fields.epoch = Some(self.epoch()?),
            b'%' => self.take(b'%')?,
            _ => return None,
        }
        Some(())
    }

    fn word(&mut self) -> String {
        let count = self.rest.iter().take_while(|b| b.is_ascii_alphabetic()).count();
        let (word, rest) = self.rest.split_at(count);
        self.rest = rest;
        String::from_utf8_lossy(word).to_ascii_lowercase()
    }

    fn month_name(&mut self) -> Option<i64> {
        let word = self.word();
        let at = MONTHS.iter().position(|month| *month == word || month[..3] == word)?;
        Some(at as i64 + 1)
    }

    fn afternoon(&mut self) -> Option<bool> {
        match self.word().as_str() {
            "am" => Some(false),
            "pm" => Some(true),
            _ => None,
        }
    }

    fn epoch(&mut self) -> Option<f64> {
        let sign = if self.take(b'-').is_some() { -1.0 } else { 1.0 };
        Some(sign * self.digits(1, 15)? as f64)
    }
}

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// The letters that may follow `%` in a format.
pub const DIRECTIVES: &str = "YymbBdHIpMSfzs%";

pub fn month_length(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year_length(year) == 366 => 29,
        2 => 28,
        _ => 31,
    }
}

pub fn year_length(year: i64) -> i64 {
    if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) { 366 } else { 365 }
}

/// Days since 1970-01-01 in the Gregorian calendar (Hinnant, "chrono-compatible low-level date algorithms").
pub fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Year, month and day of a number of days since 1970-01-01: the inverse of [`days`].
pub fn date(days: i64) -> (i64, i64, i64) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let of_era = z.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instant(cell: &str) -> Option<f64> {
        parse(cell, None).map(|m| m.instant())
    }

    #[test]
    fn iso_moments() {
        // The expected seconds are those of `date -u -d … +%s`.
        assert_eq!(instant("1970-01-01"), Some(0.0));
        assert_eq!(instant("2026-01-31T08:30:00Z"), Some(1_769_848_200.0));
        assert_eq!(instant(" 2026-01-31 08:30 "), Some(1_769_848_200.0));
        assert_eq!(instant("2026-01-31T08:30:00.250+01:30"), Some(1_769_842_800.25));
        assert_eq!(instant("2026-01-31T08:30:00-0800"), Some(1_769_877_000.0));
        assert_eq!(instant("2024-02-29"), Some(1_709_164_800.0));
        assert_eq!(instant("1900-03-01"), Some(-2_203_891_200.0));
    }

    #[test]
    fn what_is_no_moment() {
        for cell in
            ["", "2026", "2026-13-01", "2023-02-29", "2026-01-31T24:00", "2026-01-31T", "2026-01-31x", "31.01.2026"]
        {
            assert_eq!(instant(cell), None, "{cell}");
        }
    }

    #[test]
    fn formats() {
        let at = |cell, format| parse(cell, Some(format)).map(|m| m.instant());
        assert_eq!(at("31.01.2026", "%d.%m.%Y"), Some(1_769_817_600.0));
        assert_eq!(at("1/31/26 8:30 AM", "%m/%d/%y %I:%M %p"), Some(1_769_848_200.0));
        assert_eq!(at("31 Jan 2026 12:05 am", "%d %b %Y %I:%M %p"), Some(1_769_817_900.0));
        assert_eq!(at("1769848200", "%s"), Some(1_769_848_200.0));
        assert_eq!(at("2026-01-31", "%d.%m.%Y"), None);
    }

    #[test]
    fn dates_and_days_are_inverse() {
        for day in (-800_000..800_000).step_by(37) {
            let (y, m, d) = date(day);
            assert_eq!(days(y, m, d), day);
        }
    }
}
