//! The computation of a pass as terms, before it becomes instructions: here patterns are found and replaced.

use crate::engine::graph::{NodeId, Reduction};
use crate::engine::kernels::map::Function;
use crate::engine::kernels::moments::Moments;

use super::CompileFault;
use super::fuse::{Group, Reading, reading};
use super::pass::{Level, Walk};
use super::values::{Along, Def, Values};
use super::view::{ValueId, View, cut};

pub type TermId = usize;

#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// Memory that is read.
    Leaf {
        value: ValueId,
        offset: isize,
        walk: Walk,
    },
    /// One number for all elements.
    Number {
        value: ValueId,
        offset: isize,
    },
    /// One number for all elements, as a block.
    Constant {
        value: ValueId,
    },
    Map(Function),
    /// An update of an optimiser, with the values of its running means: gradient, value, first and second mean, scalars.
    Moments {
        form: Moments,
        means: [ValueId; 2],
    },
    Check {
        low: f32,
        high: f32,
        whole: bool,
        node: NodeId,
    },
    Uniform(u64),
    Keep {
        stream: u64,
        below: f32,
        scale: f32,
    },
    Normal(u64),
    Spread,
    Rows(Reduction),
    Columns(Reduction),
    /// The sums over columns of products.
    ProductColumns,
    Whole(Reduction),
    /// Replaced by another term.
    Gone,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Term {
    pub kind: Kind,
    pub args: Vec<TermId>,
    pub level: Level,
    /// Values that are to be stored.
    pub stores: Vec<ValueId>,
}

/// The terms of a group, arguments first.
#[derive(Debug, Default)]
pub struct Terms {
    pub all: Vec<Term>,
    pub outer: Vec<usize>,
    pub rows: usize,
    pub columns: usize,
}

impl Terms {
    pub fn new(values: &Values, group: &Group, stored: &[bool]) -> Result<Terms, CompileFault> {
        let (outer, rows, columns) = group.axes();
        let terms = Terms { all: Vec::new(), outer, rows, columns };
        let mut builder = Builder { values, group, terms, of_value: Vec::new() };
        for &member in &group.members {
            let term = builder.member(member)?;
            // A value that is computed again here is stored where it was computed first.
            if stored[member.0] {
                builder.terms.all[term].stores.push(member);
            }
            builder.of_value.push((member, term));
        }
        Ok(builder.terms)
    }

    /// How often each term is an argument.
    pub fn uses(&self) -> Vec<usize> {
        let mut uses = vec![0; self.all.len()];
        for term in &self.all {
            for &a in &term.args {
                uses[a] += 1;
            }
        }
        uses
    }
}

struct Builder<'a> {
    values: &'a Values,
    group: &'a Group,
    terms: Terms,
    of_value: Vec<(ValueId, TermId)>,
}

impl Builder<'_> {
    /// The term, or an equal one that is there already.
    fn push(&mut self, kind: Kind, args: Vec<TermId>, level: Level) -> TermId {
        let same = |t: &Term| t.kind == kind && t.args == args && t.level == level;
        let shared = matches!(kind, Kind::Leaf { .. } | Kind::Number { .. } | Kind::Constant { .. } | Kind::Spread);
        if shared && let Some(i) = self.terms.all.iter().position(same) {
            return i;
        }
        self.terms.all.push(Term { kind, args, level, stores: Vec::new() });
        self.terms.all.len() - 1
    }

    fn level(&self, len: usize) -> Level {
        if self.group.is_row_level(len) { Level::Row } else { Level::Full }
    }

    fn member(&mut self, id: ValueId) -> Result<TermId, CompileFault> {
        let value = self.values.get(id);
        let level = self.level(value.len);
        Ok(match &value.def {
            Def::Map(function, views) => {
                let args = views.iter().map(|v| self.argument(v, level)).collect::<Result<_, _>>()?;
                self.push(Kind::Map(*function), args, level)
            }
            Def::Check { arg, low, high, whole } => {
                let args = vec![self.dense_argument(arg, level)?];
                let kind = Kind::Check { low: *low, high: *high, whole: *whole, node: value.node };
                self.push(kind, args, level)
            }
            Def::Uniform(stream) => self.push(Kind::Uniform(*stream), Vec::new(), level),
            Def::Keep { stream, below, scale } => {
                self.push(Kind::Keep { stream: *stream, below: *below, scale: *scale }, Vec::new(), level)
            }
            Def::Normal(stream) => self.push(Kind::Normal(*stream), Vec::new(), level),
            Def::Reduce(reduction, along, view) => {
                let level = self.level(view.len());
                let args = vec![self.dense_argument(view, level)?];
                match along {
                    Along::Rows(_) => self.push(Kind::Rows(*reduction), args, Level::Row),
                    Along::Columns(_) => self.push(Kind::Columns(*reduction), args, level),
                    Along::All => self.push(Kind::Whole(*reduction), args, level),
                }
            }
            _ => return Err(CompileFault::Order(value.node)),
        })
    }

    fn computed(&self, id: ValueId) -> Option<TermId> {
        self.of_value.iter().find(|(v, _)| *v == id).map(|(_, t)| *t)
    }

    fn argument(&mut self, view: &View, level: Level) -> Result<TermId, CompileFault> {
        let root = self.values.get(view.root);
        if let Some(term) = self.computed(view.root) {
            let spread = matches!(reading(view, root.len), Reading::PerRow(_)) && self.terms.all[term].level != level;
            return Ok(if spread { self.push(Kind::Spread, vec![term], level) } else { term });
        }
        if let Def::Constant(_) = root.def {
            return Ok(self.push(Kind::Constant { value: view.root }, Vec::new(), level));
        }
        if view.is_one_number() && self.group.full != Some(1) {
            return Ok(self.push(Kind::Number { value: view.root, offset: view.offset }, Vec::new(), level));
        }
        self.leaf(view, level)
    }

    /// An argument that is a number for each element in memory or in a temporary.
    fn dense_argument(&mut self, view: &View, level: Level) -> Result<TermId, CompileFault> {
        if self.computed(view.root).is_some() {
            return self.argument(view, level);
        }
        self.leaf(view, level)
    }

    fn leaf(&mut self, view: &View, level: Level) -> Result<TermId, CompileFault> {
        let node = self.values.get(view.root).node;
        let (rows, columns) = (self.terms.rows, self.terms.columns);
        let mut chain = self.terms.outer.clone();
        chain.push(rows);
        if level == Level::Full {
            chain.push(columns);
        }
        let walk = if view.is_contiguous() {
            Walk::Along(level)
        } else {
            let mut strides = cut(&view.axes, &chain).ok_or(CompileFault::Order(node))?;
            let column = if level == Level::Full { strides.pop().unwrap_or(0) } else { 0 };
            let row = strides.pop().unwrap_or(0);
            Walk::Strided { outer: strides, row, column }
        };
        Ok(self.push(Kind::Leaf { value: view.root, offset: view.offset, walk }, Vec::new(), level))
    }
}
