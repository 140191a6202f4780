use std::collections::BTreeMap;
use std::fmt;
use std::ops::{Add, Mul, Sub};
use std::sync::Arc;

/// An extent that is not a number yet.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DimSymbol {
    /// The rows of the batch at hand.
    Batch,
    /// A name in a definition (`n`), or what depends on the data's values; two symbols are equal if text and number are.
    Name(Arc<str>, u32),
    /// `a // b` that does not come out even for all values.
    FloorDiv(Box<Dim>, Box<Dim>),
}

/// A product of symbols, sorted; empty for a plain number.
type Monomial = Vec<DimSymbol>;

/// A polynomial over symbols with integer coefficients, in normal form: equal extents are equal values.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Dim(Repr);

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Repr {
    Const(i64),
    /// No zero coefficients, at least one monomial with a symbol.
    Poly(Arc<BTreeMap<Monomial, i64>>),
}

impl Dim {
    pub fn batch() -> Self {
        Dim::symbol(DimSymbol::Batch)
    }

    pub fn name(name: impl Into<Arc<str>>, number: u32) -> Self {
        Dim::symbol(DimSymbol::Name(name.into(), number))
    }

    pub fn symbol(symbol: DimSymbol) -> Self {
        Dim(Repr::Poly(Arc::new(BTreeMap::from([(vec![symbol], 1)]))))
    }

    /// The value, if there is no symbol in it.
    pub fn constant(&self) -> Option<i64> {
        match self.0 {
            Repr::Const(n) => Some(n),
            Repr::Poly(_) => None,
        }
    }

    pub fn is(&self, n: i64) -> bool {
        self.constant() == Some(n)
    }

    pub fn is_batch(&self) -> bool {
        *self == Dim::batch()
    }

    /// The value with `rows` for the batch symbol; `None` if there is another symbol, or it is negative.
    pub fn concrete(&self, rows: usize) -> Option<usize> {
        let with_rows = self.substitute(&|s| (*s == DimSymbol::Batch).then(|| Dim::from(rows as i64)));
        with_rows.constant().and_then(|n| usize::try_from(n).ok())
    }

    /// Replaces symbols for which `value` knows one.
    pub fn substitute(&self, value: &dyn Fn(&DimSymbol) -> Option<Dim>) -> Dim {
        let Repr::Poly(terms) = &self.0 else { return self.clone() };
        let mut sum = Dim::from(0);
        for (monomial, &k) in terms.iter() {
            let mut product = Dim::from(k);
            for symbol in monomial {
                let factor = match (value(symbol), symbol) {
                    (Some(d), _) => d,
                    (None, DimSymbol::FloorDiv(a, b)) => a.substitute(value).floor_div(&b.substitute(value)),
                    (None, s) => Dim::symbol(s.clone()),
                };
                product = &product * &factor;
            }
            sum = &sum + &product;
        }
        sum
    }

    /// The symbols that occur, those inside quotients included.
    pub fn symbols(&self) -> Vec<DimSymbol> {
        let Repr::Poly(terms) = &self.0 else { return Vec::new() };
        let mut found: Vec<DimSymbol> = Vec::new();
        for symbol in terms.keys().flatten() {
            match symbol {
                DimSymbol::FloorDiv(a, b) => found.extend(a.symbols().into_iter().chain(b.symbols())),
                s => found.push(s.clone()),
            }
        }
        found.sort();
        found.dedup();
        found
    }

    /// `self // other`, rounded down. A divisor of zero gives a quotient that stays symbolic.
    pub fn floor_div(&self, other: &Dim) -> Dim {
        if other.is(1) {
            return self.clone();
        }
        if let (Some(a), Some(b)) = (self.constant(), other.constant())
            && b != 0
        {
            return Dim::from(a.div_euclid(b));
        }
        if let Some(b) = other.constant()
            && b != 0
            && let Repr::Poly(terms) = &self.0
            && terms.values().all(|k| k % b == 0)
        {
            return Dim::from_terms(terms.iter().map(|(m, k)| (m.clone(), k / b)).collect());
        }
        if self == other {
            return Dim::from(1);
        }
        Dim::symbol(DimSymbol::FloorDiv(Box::new(self.clone()), Box::new(other.clone())))
    }

    /// If the equation `self == value` determines `symbol`, its value. Linear equations only.
    pub fn solve(&self, symbol: &DimSymbol, value: &Dim) -> Option<Dim> {
        let Repr::Poly(terms) = &self.0 else { return None };
        let mut factor = 0;
        let mut rest = Dim::from(0);
        for (monomial, &k) in terms.iter() {
            if monomial.as_slice() == [symbol.clone()] {
                factor = k;
            } else if monomial.contains(symbol) {
                return None;
            } else {
                rest = &rest + &Dim::from_terms(BTreeMap::from([(monomial.clone(), k)]));
            }
        }
        if factor == 0 {
            return None;
        }
        let difference = value - &rest;
        match &difference.0 {
            Repr::Const(n) => (n % factor == 0).then(|| Dim::from(n / factor)),
            Repr::Poly(terms) => {
                terms.values().all(|k| k % factor == 0).then(|| difference.floor_div(&Dim::from(factor)))
            }
        }
    }

    fn from_terms(mut terms: BTreeMap<Monomial, i64>) -> Dim {
        terms.retain(|_, k| *k != 0);
        match terms.len() {
            0 => Dim::from(0),
            1 if terms.contains_key(&Vec::new()) => Dim::from(terms[&Vec::new()]),
            _ => Dim(Repr::Poly(Arc::new(terms))),
        }
    }

    fn terms(&self) -> BTreeMap<Monomial, i64> {
        match &self.0 {
            Repr::Const(n) => BTreeMap::from([(Vec::new(), *n)]),
            Repr::Poly(terms) => (**terms).clone(),
        }
    }
}

impl From<i64> for Dim {
    fn from(n: i64) -> Self {
        Dim(Repr::Const(n))
    }
}

impl From<usize> for Dim {
    fn from(n: usize) -> Self {
        Dim(Repr::Const(n as i64))
    }
}

impl From<i32> for Dim {
    fn from(n: i32) -> Self {
        Dim(Repr::Const(n.into()))
    }
}

impl Add for &Dim {
    type Output = Dim;
    fn add(self, other: &Dim) -> Dim {
        if let (Repr::Const(a), Repr::Const(b)) = (&self.0, &other.0) {
            return Dim::from(a.saturating_add(*b));
        }
        let mut terms = self.terms();
        for (monomial, k) in other.terms() {
            let sum = terms.entry(monomial).or_insert(0);
            *sum = sum.saturating_add(k);
        }
        Dim::from_terms(terms)
    }
}

impl Sub for &Dim {
    type Output = Dim;
    fn sub(self, other: &Dim) -> Dim {
        self + &(&Dim::from(-1) * other)
    }
}

impl Mul for &Dim {
    type Output = Dim;
    fn mul(self, other: &Dim) -> Dim {
        if let (Repr::Const(a), Repr::Const(b)) = (&self.0, &other.0) {
            return Dim::from(a.saturating_mul(*b));
        }
        let mut terms: BTreeMap<Monomial, i64> = BTreeMap::new();
        for (a, j) in self.terms() {
            for (b, k) in other.terms() {
                let mut monomial: Monomial = a.iter().chain(&b).cloned().collect();
                monomial.sort();
                let sum = terms.entry(monomial).or_insert(0);
                *sum = sum.saturating_add(j.saturating_mul(k));
            }
        }
        Dim::from_terms(terms)
    }
}

impl fmt::Display for DimSymbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DimSymbol::Batch => f.write_str("batch"),
            DimSymbol::Name(name, _) => f.write_str(name),
            DimSymbol::FloorDiv(a, b) => write!(f, "({a}) // ({b})"),
        }
    }
}

impl fmt::Display for Dim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Repr::Poly(terms) = &self.0 else {
            return write!(f, "{}", self.constant().unwrap_or(0));
        };
        // Symbols before the plain number: `n + 1`.
        let ordered = terms.iter().filter(|(m, _)| !m.is_empty()).chain(terms.iter().filter(|(m, _)| m.is_empty()));
        for (i, (monomial, &k)) in ordered.enumerate() {
            match (i, k < 0) {
                (0, true) => f.write_str("-")?,
                (0, false) => {}
                (_, true) => f.write_str(" - ")?,
                (_, false) => f.write_str(" + ")?,
            }
            let mut first = true;
            if k.abs() != 1 || monomial.is_empty() {
                write!(f, "{}", k.unsigned_abs())?;
                first = false;
            }
            for symbol in monomial {
                if !first {
                    f.write_str("*")?;
                }
                write!(f, "{symbol}")?;
                first = false;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_extents_are_equal_values() {
        let n = Dim::name("n", 0);
        let two_n_plus_n = &(&Dim::from(2) * &n) + &n;
        assert_eq!(two_n_plus_n, &n * &Dim::from(3));
        assert_eq!(two_n_plus_n.to_string(), "3*n");
        assert_eq!((&n - &n), Dim::from(0));
        assert_ne!(n, Dim::name("n", 1));
    }

    #[test]
    fn quotients_come_out_even_where_they_can() {
        let n = Dim::name("n", 0);
        assert_eq!((&n * &Dim::from(4)).floor_div(&Dim::from(2)), &n * &Dim::from(2));
        let half = n.floor_div(&Dim::from(2));
        assert_eq!(half.to_string(), "(n) // (2)");
        assert_eq!(half.substitute(&|s| matches!(s, DimSymbol::Name(..)).then(|| Dim::from(9))), Dim::from(4));
    }

    #[test]
    fn linear_equations_are_solved() {
        let n = DimSymbol::Name("n".into(), 0);
        let two_n_plus_1 = &(&Dim::from(2) * &Dim::symbol(n.clone())) + &Dim::from(1);
        assert_eq!(two_n_plus_1.solve(&n, &Dim::from(9)), Some(Dim::from(4)));
        assert_eq!(two_n_plus_1.solve(&n, &Dim::from(8)), None);
    }
}
