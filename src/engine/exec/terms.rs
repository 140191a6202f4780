//! The computation of a pass as terms, before it becomes instructions: here patterns are found and replaced.

use crate::engine::graph::{NodeId, Reduction};
use crate::engine::kernels::MAX_LANES;
use crate::engine::kernels::by_column::ByColumn;
use crate::engine::kernels::map::Function;
use crate::engine::kernels::moments::Moments;
use crate::engine::kernels::reduce::Shifted;

use super::CompileFault;
use super::fuse::Group;
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
    Lots(u64),
    /// With an argument, that times what is kept.
    Keep {
        stream: u64,
        below: f32,
        scale: f32,
    },
    Normal(u64),
    ByColumn(ByColumn),
    /// The sums over columns of the function.
    ByColumnSums(ByColumn),
    Spread,
    Rows(Reduction),
    Columns(Reduction),
    /// The sums over columns of products.
    ProductColumns,
    /// The sums over columns of `a - b`, of its square, or of its product with a third argument.
    ShiftedColumns(Shifted),
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

    /// Whether it is a row of memory that comes again and again.
    pub fn is_column(&self, id: TermId) -> bool {
        matches!(&self.all[id].kind, Kind::Leaf { walk: Walk::Strided { row: 0, column: 1, .. }, .. })
    }

    /// Whether a term is a row that comes again, and all that read it take it as it is. Short rows are better made long
    /// first.
    pub fn stays_in_registers(&self, id: TermId) -> bool {
        let same_in_rows = |t: TermId| match &self.all[t].kind {
            Kind::Leaf { walk: Walk::Strided { row, .. }, .. } => *row == 0,
            Kind::Number { .. } | Kind::Constant { .. } => true,
            _ => false,
        };
        let takes = |t: &Term| match t.kind {
            Kind::Map(f) => f.takes_columns() && t.level == Level::Full && !t.args.iter().all(|&a| same_in_rows(a)),
            Kind::ByColumn(f) | Kind::ByColumnSums(f) => !t.args[..f.arguments().0].contains(&id),
            Kind::ShiftedColumns(_) => t.args[0] != id && t.args.get(2) != Some(&id),
            _ => false,
        };
        let columns = self.columns;
        let wide = columns >= 4 * MAX_LANES || (columns >= MAX_LANES && columns.is_multiple_of(MAX_LANES));
        let term = &self.all[id];
        wide && term.level == Level::Full
            && term.stores.is_empty()
            && self.is_column(id)
            && self.all.iter().filter(|t| t.args.contains(&id)).all(takes)
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
            Def::Lots(stream) => self.push(Kind::Lots(*stream), Vec::new(), level),
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
            // One number a row, or one number for all that is computed here, in a pass of one row.
            let spread = self.terms.all[term].level == Level::Row && level == Level::Full;
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
