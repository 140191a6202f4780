use std::f64::consts::TAU;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::transform::{Form, MakeTransform, Transform, Values, load, state_of};
use crate::data::{Row, Width, moment};
use crate::diag::{Diagnostic, codes};

pub const ROW: Row<MakeTransform> = Row {
    name: "cyclic",
    signature: "cyclic(parts: words(minute, hour, weekday, day, month, yearday))",
    doc: "For each part the pair sin(2πp), cos(2πp), where p in 0..1 is how much of its cycle is over by the clock of the cell: of the hour (`minute`), of the day (`hour`, minutes included), of the week in whole days (`weekday`), of the month (`day`), of the year in whole months (`month`) or days (`yearday`). A missing time gives 0, 0.",
    example: "time: time |> cyclic(hour, weekday)",
    make: MakeTransform {
        takes: Form::Time,
        gives: Form::Dense,
        undoes: false,
        new: |args, span| {
            let parts: Vec<Part> = args
                .list("parts")
                .iter()
                .filter_map(crate::data::row::spelled)
                .filter_map(|p| Part::named(&p))
                .collect();
            if parts.is_empty() {
                return Err(Diagnostic::new(&codes::MISSING, "`cyclic` needs the parts of the time to use")
                    .at(span, "for example `cyclic(hour, weekday)`"));
            }
            Ok(Box::new(Cyclic { parts }))
        },
        load: load::<Cyclic>,
    },
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Part {
    Minute,
    Hour,
    Weekday,
    Day,
    Month,
    Yearday,
}

impl Part {
    const ALL: [(Part, &'static str); 6] = [
        (Part::Minute, "minute"),
        (Part::Hour, "hour"),
        (Part::Weekday, "weekday"),
        (Part::Day, "day"),
        (Part::Month, "month"),
        (Part::Yearday, "yearday"),
    ];

    fn named(name: &str) -> Option<Part> {
        Part::ALL.iter().find(|(_, n)| *n == name).map(|(part, _)| *part)
    }

    fn name(self) -> &'static str {
        Part::ALL.iter().find(|(part, _)| *part == self).map_or("", |(_, name)| name)
    }

    /// How much of the cycle is over, in `0..1`.
    fn phase(self, seconds: f64) -> f64 {
        let days = (seconds / 86_400.0).floor();
        let of_day = seconds - days * 86_400.0;
        let date = || moment::date(days as i64);
        match self {
            Part::Minute => (of_day / 60.0).floor() % 60.0 / 60.0,
            Part::Hour => of_day / 86_400.0,
            // 1970-01-01 was a Thursday; the week starts on Monday.
            Part::Weekday => (days + 3.0).rem_euclid(7.0) / 7.0,
            Part::Day => {
                let (year, month, day) = date();
                (day - 1) as f64 / moment::month_length(year, month) as f64
            }
            Part::Month => (date().1 - 1) as f64 / 12.0,
            Part::Yearday => {
                let year = date().0;
                (days - moment::days(year, 1, 1) as f64) / moment::year_length(year) as f64
            }
        }
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct Cyclic {
    parts: Vec<Part>,
}

impl Transform for Cyclic {
    fn apply(&self, values: Values) -> Values {
        let width = 2 * self.parts.len();
        let mut features = Vec::with_capacity(values.numbers().len() * width);
        for &seconds in values.numbers() {
            for part in &self.parts {
                let (sin, cos) = if seconds.is_nan() { (0.0, 0.0) } else { (TAU * part.phase(seconds)).sin_cos() };
                features.extend([sin as f32, cos as f32]);
            }
        }
        Values::Dense { width, values: features }
    }

    fn width(&self) -> Width {
        Width::Known(2 * self.parts.len())
    }

    fn feature_names(&self, column: &str) -> Vec<String> {
        let pair = |part: &Part| ["sin", "cos"].map(|f| format!("{f}({column}.{})", part.name()));
        self.parts.iter().flat_map(pair).collect()
    }

    fn state(&self) -> Value {
        state_of(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phase(part: Part, cell: &str) -> f64 {
        part.phase(moment::parse(cell, None).unwrap().clock)
    }

    #[test]
    fn phases_follow_the_clock_and_the_calendar() {
        assert_eq!(phase(Part::Hour, "2026-03-04T06:00+09:00"), 0.25);
        assert_eq!(phase(Part::Hour, "1960-03-04T18:00"), 0.75);
        // 4 March 2026 and 1 January 1958 were Wednesdays.
        assert_eq!(phase(Part::Weekday, "2026-03-04"), 2.0 / 7.0);
        assert_eq!(phase(Part::Weekday, "1958-01-01"), 2.0 / 7.0);
        assert_eq!(phase(Part::Month, "2026-07-31"), 0.5);
        assert_eq!(phase(Part::Day, "2024-02-29"), 28.0 / 29.0);
        assert_eq!(phase(Part::Yearday, "2024-12-31"), 365.0 / 366.0);
        assert_eq!(phase(Part::Minute, "2026-01-01T10:45:59"), 0.75);
    }

    #[test]
    fn a_missing_time_points_nowhere() {
        let cyclic = Cyclic { parts: vec![Part::Hour, Part::Month] };
        let Values::Dense { width: 4, values } = cyclic.apply(Values::Times(vec![f64::NAN, 0.0])) else { panic!() };
        assert_eq!(values, [0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 1.0]);
    }
}
