use std::fmt::Debug;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::data::{TargetKind, Width};
use crate::diag::Diagnostic;
use crate::text::Span;
use crate::types::Args;

/// What flows from one transform of a column to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Number,
    Level,
    Time,
    /// Features, ready for the model.
    Dense,
    /// An index into a table of weights.
    Index,
}

/// Some rows of a column on their way through its transforms.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// NaN is missing.
    Numbers(Vec<f64>),
    /// Indices into `names`, `u32::MAX` being missing.
    Levels {
        names: Arc<[Arc<str>]>,
        codes: Vec<u32>,
    },
    /// Seconds since 1970-01-01T00:00:00Z; NaN is missing.
    Times(Vec<f64>),
    /// Row-major, `[rows, width]`.
    Dense {
        width: usize,
        values: Vec<f32>,
    },
    Index(Vec<u32>),
}

/// What a fit may know of training rows beside their values: of each row its target and its fold.
#[derive(Debug, Clone, Copy)]
pub struct Training<'a> {
    /// In the target's own units: 0 or 1, the number of the class, or the number.
    pub target: &'a [f64],
    /// [`crate::data::folds::NO_FOLD`] for a row that is not for training.
    pub folds: &'a [u8],
}

/// A transform, before its fit and after it: `absorb` all training rows, in any cut into chunks, then `finish`,
/// then `apply`. A row's result depends on that row and the fit only.
pub trait Transform: Debug + Send + Sync {
    fn absorb(&mut self, _values: &Values) {}
    /// Whether its fit looks at the first target; then it is told what that is before anything else.
    fn sees_target(&self) -> bool {
        false
    }
    /// The kind of the first target, if it is one column; what can't be done with it is said in one line.
    fn meet(&mut self, _target: Option<&TargetKind>) -> Result<(), String> {
        Ok(())
    }
    /// As [`Transform::absorb`], for one that sees the target.
    fn absorb_training(&mut self, values: &Values, _training: Training) {
        self.absorb(values);
    }
    /// As [`Transform::apply`], for rows with folds: what a row of a fold gets was fitted on the other folds only.
    fn apply_training(&self, values: Values, _folds: &[u8]) -> Values {
        self.apply(values)
    }
    /// What it gives if that depends on the target; else it is what the row says.
    fn gives(&self) -> Option<Form> {
        None
    }
    /// Ends the fit; what is wrong with the training rows is said in one line.
    fn finish(&mut self) -> Result<(), String> {
        Ok(())
    }
    fn apply(&self, values: Values) -> Values;
    /// The number of features, or of levels of an index.
    fn width(&self) -> Width {
        Width::Known(1)
    }
    /// The names of the features of `column`.
    fn feature_names(&self, column: &str) -> Vec<String> {
        vec![column.to_owned()]
    }
    /// The inverse for one number, for targets; `None` if it has none.
    fn undo(&self, _value: f64) -> Option<f64> {
        None
    }
    /// The extent of the vectors that an index stands for.
    fn dim(&self) -> Option<usize> {
        None
    }
    /// For each of these levels whether the training rows did not have it.
    fn unseen(&self, names: &Arc<[Arc<str>]>) -> Vec<bool> {
        vec![false; names.len()]
    }
    /// What [`MakeTransform::load`] takes.
    fn state(&self) -> Value;
}

impl Form {
    /// In the plural, for messages.
    pub fn name(self) -> &'static str {
        match self {
            Form::Number => "numbers",
            Form::Level => "levels of a category",
            Form::Time => "times",
            Form::Dense => "finished features",
            Form::Index => "indices of an embedding",
        }
    }
}

impl Values {
    /// The numbers or seconds; none if they are something else.
    pub fn numbers(&self) -> &[f64] {
        match self {
            Values::Numbers(x) | Values::Times(x) => x,
            _ => &[],
        }
    }

    /// Each number through `f`; other values as they are.
    pub fn map(self, f: impl Fn(f64) -> f64) -> Values {
        match self {
            Values::Numbers(mut x) => {
                x.iter_mut().for_each(|x| *x = f(*x));
                Values::Numbers(x)
            }
            other => other,
        }
    }
}

/// The constructor of a transform.
pub type New = fn(&Args, Span) -> Result<Box<dyn Transform>, Diagnostic>;

/// [`Transform::state`] of a transform that serialises.
pub fn state_of(transform: &impl Serialize) -> Value {
    serde_json::to_value(transform).unwrap_or(Value::Null)
}

/// [`MakeTransform::load`] of a transform that serialises.
pub fn load<T: Transform + DeserializeOwned + 'static>(state: &Value) -> Result<Box<dyn Transform>, serde_json::Error> {
    T::deserialize(state).map(|t| Box::new(t) as Box<dyn Transform>)
}

/// How a row of the table of transforms makes one.
#[derive(Debug)]
pub struct MakeTransform {
    pub takes: Form,
    pub gives: Form,
    /// Whether it can be undone, which targets need.
    pub undoes: bool,
    pub new: New,
    pub load: fn(&Value) -> Result<Box<dyn Transform>, serde_json::Error>,
}
