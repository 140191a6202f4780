//! Definitions applied to values: the one walk that infers types and shapes, and builds the graph.
//!
//! With extents as symbols it is the check; with numbers it is the compilation.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::diag::{Code, Diagnostic, Problems, codes};
use crate::engine::graph::{Graph, InputId, NodeId, Op, Place, ScalarId, ShapeFault, SlotId};
use crate::text::Span;
use crate::types::{Axis, Dim, Domain, Origin, Shape};

use super::frame::Frame;
use super::value::{Block, Tensor, Value};
use super::world::World;

/// What lives beyond a step, as declared: its initial value is a node of the same graph.
#[derive(Debug, Clone)]
pub struct SlotDecl {
    pub path: Arc<str>,
    pub shape: Shape,
    pub role: Role,
    pub init: NodeId,
    pub span: Span,
    /// Takes no part in any training.
    pub frozen: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    Parameter,
    Buffer,
    /// An optimizer's.
    State,
}

#[derive(Debug, Clone)]
pub struct InputDecl {
    pub name: Arc<str>,
    /// Extents behind the batch axis.
    pub shape: Shape,
}

#[derive(Debug, Clone)]
pub struct Update {
    pub slot: SlotId,
    pub node: NodeId,
    pub span: Span,
}

/// One applied layer, for `nnrun shapes`.
#[derive(Debug, Clone)]
pub struct LayerRow {
    pub path: Arc<str>,
    pub layer: Arc<str>,
    pub depth: usize,
    pub output: String,
    pub node: Option<NodeId>,
    pub span: Span,
}

pub struct Elaborator<'w> {
    pub world: &'w World,
    pub graph: Graph,
    pub slots: Vec<SlotDecl>,
    slot_by_path: BTreeMap<Arc<str>, SlotId>,
    pub inputs: Vec<InputDecl>,
    input_nodes: BTreeMap<Arc<str>, NodeId>,
    pub scalars: Vec<Arc<str>>,
    scalar_nodes: BTreeMap<Arc<str>, NodeId>,
    pub updates: Vec<Update>,
    pub problems: Problems,
    pub layers: Vec<LayerRow>,
    /// Parts of the library that the user's text applied, in order.
    pub parts: Vec<super::applied::Applied>,
    /// Functions that are stages of a sequence: `relu` between two layers.
    pub stages: Vec<LayerRow>,
    /// Names of hypers that were read.
    pub hypers_read: BTreeSet<Arc<str>>,
    /// Definitions that were applied.
    pub applied: BTreeSet<Arc<str>>,
    /// Whether this pass is one of training.
    pub training: bool,
    /// What `step`, `epoch` and `progress` may be read as.
    pub has_clock: bool,
    /// The schedules with a state that were met, each with what it watches; `None` where nothing keeps one.
    pub plateaus: Option<Vec<(crate::syntax::ast::Expr, super::PlateauRule)>>,
    /// The model at work, whose paths start at the root.
    pub model: Option<Arc<str>>,
    /// Paths below which nothing is trained.
    pub freeze: Vec<Arc<str>>,
    reported: BTreeSet<(&'static str, Option<Span>)>,
    pub(super) depth: usize,
    next_symbol: u32,
}

/// How deep definitions may call each other.
pub(super) const MAX_DEPTH: usize = 96;

impl<'w> Elaborator<'w> {
    pub fn new(world: &'w World, training: bool) -> Self {
        Elaborator {
            world,
            graph: Graph::default(),
            slots: Vec::new(),
            slot_by_path: BTreeMap::new(),
            inputs: Vec::new(),
            input_nodes: BTreeMap::new(),
            scalars: Vec::new(),
            scalar_nodes: BTreeMap::new(),
            updates: Vec::new(),
            problems: Problems::default(),
            layers: Vec::new(),
            parts: Vec::new(),
            stages: Vec::new(),
            hypers_read: BTreeSet::new(),
            applied: BTreeSet::new(),
            training,
            has_clock: false,
            plateaus: None,
            model: None,
            freeze: Vec::new(),
            reported: BTreeSet::new(),
            depth: 0,
            next_symbol: 0,
        }
    }

    /// Reports a problem, once for each place. Inside the library the place is where the user's text called it.
    pub fn report(&mut self, frame: &Frame, mut diagnostic: Diagnostic) -> Value {
        if let Some(definition) = &frame.definition
            && definition.library
            && let Some(site) = frame.call_site
        {
            let said = diagnostic.labels.first().map(|l| l.text.clone()).unwrap_or_default();
            diagnostic.labels.retain(|l| l.span.file == site.file && l.span != site);
            diagnostic.labels.insert(0, crate::diag::Label { span: site, text: said });
            diagnostic.fixes.clear();
            diagnostic.message = format!("`{}`: {}", definition.name, diagnostic.message);
        }
        if self.reported.insert((diagnostic.code.id, diagnostic.span())) {
            self.problems.push(diagnostic);
        }
        Value::Error
    }

    pub fn fail(
        &mut self,
        frame: &Frame,
        code: &'static Code,
        span: Span,
        message: impl Into<String>,
        label: &str,
    ) -> Value {
        self.report(frame, Diagnostic::new(code, message).at(span, label))
    }

    pub fn place(&self, frame: &Frame, span: Span) -> Place {
        let in_library = frame.definition.as_ref().is_some_and(|d| d.library);
        let span = if in_library { frame.call_site } else { Some(span) };
        Place { span, path: frame.path.clone() }
    }

    /// Adds a node whose shape follows from its arguments, or reports why there is none.
    pub fn node(&mut self, op: Op, args: &[NodeId], frame: &Frame, span: Span) -> Option<NodeId> {
        let place = self.place(frame, span);
        match self.graph.node(op, args, &place) {
            Ok(node) => Some(node),
            Err(fault) => self.shape_fault(fault, frame, span),
        }
    }

    pub fn node_shaped(&mut self, op: Op, args: &[NodeId], shape: Shape, frame: &Frame, span: Span) -> Option<NodeId> {
        let place = self.place(frame, span);
        match self.graph.node_shaped(op, args, shape, &place) {
            Ok(node) => Some(node),
            Err(fault) => self.shape_fault(fault, frame, span),
        }
    }

    fn shape_fault(&mut self, fault: ShapeFault, frame: &Frame, span: Span) -> Option<NodeId> {
        let mut diagnostic = Diagnostic::new(&codes::SHAPE, fault.to_string()).at(span, "these shapes do not fit");
        if let ShapeFault::Axis { left, left_axis, right, right_axis } = &fault {
            let axes = [left.0.get(*left_axis), right.0.get(*right_axis)];
            diagnostic = with_origins(diagnostic, axes.into_iter().flatten());
        }
        self.report(frame, diagnostic);
        None
    }

    pub fn constant(&mut self, x: f64) -> NodeId {
        self.graph.at_place(&Place::default()).constant(x)
    }

    /// The axes of a tensor that its definition sees.
    pub fn visible(&self, tensor: &Tensor) -> Vec<Axis> {
        self.graph.shape(tensor.node).0.iter().skip(usize::from(tensor.batched)).cloned().collect()
    }

    /// Gives the node's visible axes other names and origins; the extents are the same.
    pub fn relabel(&mut self, tensor: &Tensor, axes: Vec<Axis>) -> Tensor {
        let old = self.graph.shape(tensor.node);
        let hidden = usize::from(tensor.batched);
        let same = old.0.iter().skip(hidden).zip(&axes).all(|(a, b)| a.name == b.name && a.origin == b.origin);
        if same && old.rank() == axes.len() + hidden {
            return tensor.clone();
        }
        let shape = Shape(old.0.iter().take(hidden).cloned().chain(axes).collect());
        let place = self.graph.nodes[tensor.node.0 as usize].place.clone();
        let node = self.graph.node_shaped(Op::Reshape, &[tensor.node], shape, &place).unwrap_or(tensor.node);
        Tensor { node, ..tensor.clone() }
    }

    /// A column block of the batch; the same name gives the same node.
    pub fn input(&mut self, name: &str, shape: Shape, frame: &Frame, span: Span) -> Option<NodeId> {
        if let Some(node) = self.input_nodes.get(name) {
            return Some(*node);
        }
        let id = InputId(self.inputs.len() as u32);
        let full = Shape(std::iter::once(Axis::batch()).chain(shape.0.iter().cloned()).collect());
        let node = self.node_shaped(Op::Input(id), &[], full, frame, span)?;
        self.inputs.push(InputDecl { name: name.into(), shape });
        self.input_nodes.insert(name.into(), node);
        Some(node)
    }

    /// Where a column of the rows at hand stands in the inputs that were read: the block's node, and the position.
    pub(super) fn places_of(&self, column: &str) -> Vec<(NodeId, Dim)> {
        let views = self.world.data.values().flat_map(|d| &d.inputs);
        views
            .filter_map(|input| {
                let node = self.input_nodes.get(format!("input.{}", input.name).as_str())?;
                let dense = |p: &&super::value::Piece| matches!(p.kind, super::value::PieceKind::Dense { .. });
                let piece = input.pieces.iter().filter(dense).find(|p| &*p.column == column)?;
                Some((*node, piece.at.clone()))
            })
            .collect()
    }

    /// A number that the host gives for each run.
    pub fn scalar(&mut self, name: &str, frame: &Frame, span: Span) -> Option<NodeId> {
        if let Some(node) = self.scalar_nodes.get(name) {
            return Some(*node);
        }
        let id = ScalarId(self.scalars.len() as u32);
        let node = self.node_shaped(Op::Scalar(id), &[], Shape::scalar(), frame, span)?;
        self.scalars.push(name.into());
        self.scalar_nodes.insert(name.into(), node);
        Some(node)
    }

    /// The slot at a path, made on first use.
    pub fn slot(&mut self, decl: SlotDecl, frame: &Frame) -> Option<(SlotId, NodeId)> {
        let id = match self.slot_by_path.get(&decl.path) {
            Some(&id) => {
                let known = &self.slots[id.0 as usize];
                if known.shape != decl.shape {
                    let (before, now) = (known.shape.clone(), decl.shape.clone());
                    let message = format!("`{}` is used for two different shapes, {before} and {now}", decl.path);
                    let mut d = Diagnostic::new(&codes::SHAPE, message)
                        .at(decl.span, format!("would need the shape {now} here"))
                        .at(known.span, format!("has the shape {before} from here"));
                    for (a, b) in before.0.iter().zip(&now.0).filter(|(a, b)| a != b) {
                        d = with_origins(d, [a, b].into_iter());
                    }
                    d = d.help("a named layer that is used twice shares its weights; for weights of its own give it another name");
                    self.report(frame, d);
                    return None;
                }
                id
            }
            None => {
                let id = SlotId(self.slots.len() as u32);
                self.slot_by_path.insert(decl.path.clone(), id);
                self.slots.push(decl.clone());
                id
            }
        };
        let node = self.node_shaped(Op::Slot(id), &[], decl.shape, frame, decl.span)?;
        Some((id, node))
    }

    pub fn slot_at(&self, path: &str) -> Option<SlotId> {
        self.slot_by_path.get(path).copied()
    }

    /// An extent that stands for any number.
    pub fn fresh_dim(&mut self, name: &str) -> Dim {
        self.next_symbol += 1;
        Dim::name(name, self.next_symbol)
    }

    /// The tensor that a model reads from an input of the data: dense columns, and the rows of embeddings.
    pub fn read_block(&mut self, block: &Block, frame: &Frame, name: &str, span: Span) -> Option<Tensor> {
        let place = self.place(frame, span);
        let hidden = usize::from(block.batched);
        let mut parts: Vec<NodeId> = Vec::new();
        for piece in &block.pieces {
            let part = match &piece.kind {
                super::value::PieceKind::Dense { width } => self.slice_piece(block, &piece.at, width, &place)?,
                super::value::PieceKind::Embed { levels, dim } => {
                    let index = self.slice_piece(block, &piece.at, &Dim::from(1), &place)?;
                    let mut shape = self.graph.shape(index).clone();
                    shape.0.truncate(hidden);
                    let index = self.graph.node_shaped(Op::Reshape, &[index], shape, &place).ok()?;
                    let path = frame.path_of(&format!("{name}.{}.weight", piece.column));
                    let shape = Shape::of([levels.clone(), Dim::from(*dim)]);
                    let stream = crate::engine::random::hash_name(&path);
                    let init = self.graph.node_shaped(Op::Normal { stream }, &[], shape.clone(), &place).ok()?;
                    let frozen = frame.frozen;
                    let decl = SlotDecl { path, shape, role: Role::Parameter, init, span, frozen };
                    let (_, table) = self.slot(decl, frame)?;
                    self.graph.node(Op::Take, &[table, index], &place).ok()?
                }
            };
            parts.push(part);
        }
        let node = match parts.as_slice() {
            [] => return None,
            [one] => *one,
            many => self.graph.node(Op::Concat { axis: hidden }, many, &place).ok()?,
        };
        let tensor = Tensor { node, domain: Domain::Real, batched: block.batched };
        let mut axes = self.visible(&tensor);
        if let (Some(last), Some(view)) = (axes.last_mut(), self.world.data.get(&block.data)) {
            let what = format!("{}.{} has {} numbers a row", block.data, block.name, last.dim).into();
            last.origin.get_or_insert_with(|| Arc::new(Origin { what, span: Some(view.span) }));
        }
        Some(self.relabel(&tensor, axes))
    }

    fn slice_piece(&mut self, block: &Block, at: &Dim, width: &Dim, place: &Place) -> Option<NodeId> {
        let axis = usize::from(block.batched);
        let mut shape = self.graph.shape(block.node).clone();
        if at.is(0) && shape.0.get(axis).is_some_and(|a| a.dim == *width) {
            return Some(block.node);
        }
        shape.0.get_mut(axis)?.dim = width.clone();
        // Positions are symbols only in the check, whose graph is never run.
        let start = at.constant().unwrap_or(0).max(0) as usize;
        self.graph.node_shaped(Op::Slice { axis, start }, &[block.node], shape, place).ok()
    }

    /// Runs `body` one level deeper, or reports that definitions call each other without end.
    pub fn deeper<T>(&mut self, frame: &Frame, span: Span, body: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        if self.depth >= MAX_DEPTH {
            let d = Diagnostic::new(&codes::TOO_DEEP, "definitions call each other more than 96 levels deep")
                .at(span, "called from here again and again")
                .help("there is no recursion: a fixed number of layers is `repeat(3) { … }`");
            self.report(frame, d);
            return None;
        }
        self.depth += 1;
        let result = body(self);
        self.depth -= 1;
        result
    }

    /// Whether the training at hand freezes what lies at a path.
    pub(super) fn is_frozen(&self, path: Option<&Arc<str>>) -> bool {
        path.is_some_and(|path| {
            self.freeze.iter().any(|f| path == f || path.strip_prefix(&**f).is_some_and(|rest| rest.starts_with('.')))
        })
    }
}

/// Adds a label for each axis that knows where it came from.
pub(super) fn with_origins<'a>(diagnostic: Diagnostic, axes: impl Iterator<Item = &'a Axis>) -> Diagnostic {
    axes.fold(diagnostic, |d, axis| match &axis.origin {
        Some(origin) => with_origin(d, origin),
        None => d,
    })
}

pub(super) fn with_origin(mut diagnostic: Diagnostic, origin: &Origin) -> Diagnostic {
    let known = diagnostic.labels.iter().any(|l| Some(l.span) == origin.span && l.text == *origin.what);
    match origin.span {
        _ if known => {}
        Some(span) => diagnostic = diagnostic.at(span, &*origin.what),
        None => diagnostic = diagnostic.help(origin.what.to_string()),
    }
    diagnostic
}
