/// From values to places along an axis, in pixels (or cells); the ends may be in either order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scale {
    pub log: bool,
    pub lo: f64,
    pub hi: f64,
    pub from: f64,
    pub to: f64,
}

/// Values beyond this are gaps: their differences would not be finite.
pub(super) const LARGEST: f64 = 1e300;

/// Whether a value has a place on such an axis.
pub(super) fn is_shown(value: f64, log: bool) -> bool {
    value.abs() <= LARGEST && (!log || value > 0.0)
}

impl Scale {
    /// The place of a value, or nothing for a gap. Places far outside are pulled in to a few axis lengths.
    pub fn place(&self, value: f64) -> Option<f64> {
        if !is_shown(value, self.log) {
            return None;
        }
        let part = (self.coordinate(value) - self.coordinate(self.lo)) / self.span();
        Some(self.from + part.clamp(-20.0, 20.0) * (self.to - self.from))
    }

    fn coordinate(&self, value: f64) -> f64 {
        if self.log { value.log10() } else { value }
    }

    fn span(&self) -> f64 {
        self.coordinate(self.hi) - self.coordinate(self.lo)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_proportional_to_values_or_to_their_logarithms() {
        let linear = Scale { log: false, lo: -1.0, hi: 3.0, from: 400.0, to: 0.0 };
        assert_eq!([-1.0, 0.0, 3.0].map(|v| linear.place(v)), [Some(400.0), Some(300.0), Some(0.0)]);
        let log = Scale { log: true, lo: 0.01, hi: 100.0, from: 0.0, to: 100.0 };
        assert_eq!([0.01, 1.0, 100.0].map(|v| log.place(v)), [Some(0.0), Some(50.0), Some(100.0)]);
    }

    #[test]
    fn what_has_no_place_is_a_gap() {
        let log = Scale { log: true, lo: 0.1, hi: 1.0, from: 0.0, to: 1.0 };
        assert_eq!([0.0, -1.0, f64::NAN, f64::INFINITY, f64::MAX].map(|v| log.place(v)), [None; 5]);
    }
}
