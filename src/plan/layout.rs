use std::collections::BTreeMap;
use std::sync::Arc;

use crate::check::TrainItem;
use crate::check::elaborate::{Role, SlotDecl};
use crate::engine::graph::SlotId;
use crate::engine::program::SlotInfo;
use crate::text::Span;

use super::training_plan::Part;

/// Numbers that fill 64 bytes.
const ALIGN: usize = 16;

/// Where everything lies in the arena while it is laid out.
#[derive(Debug, Default)]
pub(super) struct Layout {
    pub slots: Vec<SlotInfo>,
    pub parts: Vec<Part>,
    pub by_path: BTreeMap<Arc<str>, SlotId>,
    /// Parameters that are trained, by optimizer, contiguous in the arena.
    pub groups: Vec<Group>,
    end: usize,
}

/// Parameters that one optimizer updates.
#[derive(Debug, Default, Clone)]
pub(super) struct Group {
    pub optimizer: usize,
    pub members: Vec<SlotId>,
    pub value: Option<SlotId>,
    pub gradient: Option<SlotId>,
    /// Of each member, in the same order.
    pub gradients: Vec<SlotId>,
}

impl Layout {
    /// Lays out the model's slots: each group of trained parameters in one piece, then everything else.
    pub fn new(decls: &[SlotDecl], item: &TrainItem) -> Option<Layout> {
        let mut layout = Layout::default();
        let shapes: Vec<Vec<usize>> = decls.iter().map(|d| d.shape.concrete(0)).collect::<Option<_>>()?;
        for (decl, shape) in decls.iter().zip(&shapes) {
            let id = SlotId(layout.slots.len() as u32);
            layout.by_path.insert(decl.path.clone(), id);
            layout.slots.push(SlotInfo { path: decl.path.clone(), shape: shape.clone(), offset: 0 });
        }
        layout.groups = vec![Group::default(); item.optimizers.len()];
        for (i, decl) in decls.iter().enumerate() {
            if decl.role == Role::Parameter && !decl.frozen {
                let optimizer = optimizer_of(&decl.path, item)?;
                layout.groups[optimizer].optimizer = optimizer;
                layout.groups[optimizer].members.push(SlotId(i as u32));
            }
        }
        layout.groups.retain(|g| !g.members.is_empty());
        for g in 0..layout.groups.len() {
            layout.align();
            let start = layout.end;
            for member in layout.groups[g].members.clone() {
                layout.place(member);
            }
            let view = layout.view(format!("group.{g}"), start);
            layout.groups[g].value = Some(view);
        }
        for (i, decl) in decls.iter().enumerate() {
            if decl.role != Role::Parameter || decl.frozen {
                layout.align();
                layout.place(SlotId(i as u32));
            }
        }
        layout.parts = decls
            .iter()
            .enumerate()
            .map(|(i, d)| Part {
                path: d.path.clone(),
                role: d.role,
                shape: shapes[i].clone(),
                offset: layout.slots[i].offset,
                frozen: d.frozen,
                span: d.span,
            })
            .collect();
        layout.align();
        Some(layout)
    }

    pub fn end(&self) -> usize {
        self.end
    }

    fn align(&mut self) {
        self.end = self.end.next_multiple_of(ALIGN);
    }

    fn place(&mut self, id: SlotId) {
        let slot = &mut self.slots[id.0 as usize];
        slot.offset = self.end;
        self.end = self.end.saturating_add(slot.shape.iter().fold(1, |n, d| n.saturating_mul(*d)));
    }

    /// Everything from `start` on as one vector.
    fn view(&mut self, path: String, start: usize) -> SlotId {
        let id = SlotId(self.slots.len() as u32);
        self.slots.push(SlotInfo { path: path.into(), shape: vec![self.end - start], offset: start });
        id
    }

    /// A new piece of the arena.
    pub fn add(&mut self, path: String, shape: Vec<usize>) -> SlotId {
        self.align();
        let id = SlotId(self.slots.len() as u32);
        self.slots.push(SlotInfo { path: path.into(), shape, offset: 0 });
        self.place(id);
        id
    }

    /// An optimizer's state, which belongs to the state of the training.
    pub fn add_state(&mut self, path: String, shape: Vec<usize>, span: Span) -> SlotId {
        let id = self.add(path.clone(), shape.clone());
        let offset = self.slots[id.0 as usize].offset;
        self.parts.push(Part { path: path.into(), role: Role::State, shape, offset, frozen: false, span });
        id
    }

    /// Room for the gradients, group by group in the order of the parameters.
    pub fn add_gradients(&mut self) -> std::ops::Range<usize> {
        self.align();
        let first = self.end;
        for g in 0..self.groups.len() {
            self.align();
            let start = self.end;
            for member in self.groups[g].members.clone() {
                let info = &self.slots[member.0 as usize];
                let id = SlotId(self.slots.len() as u32);
                self.slots.push(SlotInfo {
                    path: format!("{}.grad", info.path).into(),
                    shape: info.shape.clone(),
                    offset: 0,
                });
                self.place(id);
                self.groups[g].gradients.push(id);
            }
            let view = self.view(format!("group.{g}.grad"), start);
            self.groups[g].gradient = Some(view);
        }
        first..self.end
    }
}

/// The optimizer with the longest path that the parameter lies below.
fn optimizer_of(path: &str, item: &TrainItem) -> Option<usize> {
    let fits = |prefix: &str| path == prefix || path.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('.'));
    item.optimizers
        .iter()
        .enumerate()
        .filter(|(_, (prefix, _))| prefix.as_ref().is_none_or(|(p, _)| fits(p)))
        .max_by_key(|(_, (prefix, _))| prefix.as_ref().map_or(0, |(p, _)| p.len()))
        .map(|(i, _)| i)
}
