//! The order of steps, and which updates are written where the old value is.

use std::collections::BTreeSet;

use super::fuse::{Fusion, Group};
use super::values::{Def, Values};
use super::view::{ValueId, View};

/// Groups in the order in which they run.
#[derive(Debug, Default)]
pub struct Schedule {
    pub order: Vec<usize>,
    /// Updates (by index) whose value is computed in the slot's own memory.
    pub in_place: Vec<bool>,
}

impl Schedule {
    pub fn new(values: &Values, fusion: &Fusion) -> Schedule {
        let mut edges = dependencies(values, fusion);
        let owner = owners(values, fusion);
        let mut in_place = Vec::new();
        let mut late = BTreeSet::new();
        for (i, &(offset, id)) in values.updates.iter().enumerate() {
            let value = values.get(id);
            let elementwise = value.is_elementwise();
            // A value has one place: the second slot that gets it gets a copy.
            let fresh = values.updates[..i].iter().all(|(_, other)| *other != id);
            let fits = fresh && (elementwise || matches!(value.def, Def::MatMul(..) | Def::Reduce(..)));
            let group = owner[id.0].filter(|_| fits);
            let target = Target { offset, len: value.len };
            let before = group.and_then(|g| readers_before(values, fusion, g, target, elementwise, &edges));
            in_place.push(before.is_some());
            if let (Some(g), Some(before)) = (group, before) {
                if elementwise || !before.is_empty() {
                    late.insert(g);
                }
                edges[g].extend(before);
            }
        }
        Schedule { order: sort(&edges, &late), in_place }
    }
}

/// A range of the arena of slots.
#[derive(Debug, Clone, Copy)]
struct Target {
    offset: usize,
    len: usize,
}

/// Of each value, the first group that computes it.
pub fn owners(values: &Values, fusion: &Fusion) -> Vec<Option<usize>> {
    let mut owner = vec![None; values.all.len()];
    for (g, group) in fusion.groups.iter().enumerate() {
        for m in &group.members {
            // Values that are computed again have no memory, so it is of no matter which group is named.
            owner[m.0].get_or_insert(g);
        }
    }
    owner
}

/// Of each group, those that it needs.
fn dependencies(values: &Values, fusion: &Fusion) -> Vec<BTreeSet<usize>> {
    let owner = owners(values, fusion);
    let needs = |g: usize, group: &Group| {
        let inside: BTreeSet<ValueId> = group.members.iter().copied().collect();
        let views = group.members.iter().flat_map(|m| values.get(*m).views());
        let outside = views.filter(|v| !inside.contains(&v.root)).filter_map(|v| owner[v.root.0]);
        outside.filter(|&o| o != g).collect()
    };
    fusion.groups.iter().enumerate().map(|(g, group)| needs(g, group)).collect()
}

/// The other groups that read the target, if none of them needs the group, and the group itself reads it in step with
/// its writing (where it is `elementwise`) or not at all.
fn readers_before(
    values: &Values,
    fusion: &Fusion,
    group: usize,
    target: Target,
    elementwise: bool,
    edges: &[BTreeSet<usize>],
) -> Option<Vec<usize>> {
    let mut before = Vec::new();
    for (g, other) in fusion.groups.iter().enumerate() {
        for view in other.members.iter().flat_map(|m| values.get(*m).views()) {
            match touches(values, view, target) {
                None => {}
                Some(same) if g == group => (same && elementwise).then_some(())?,
                Some(_) => before.push(g),
            }
        }
    }
    before.iter().all(|&g| !needs(edges, g, group)).then_some(before)
}

/// Whether a view reads memory of the target; if so, whether it reads it number by number in order.
fn touches(values: &Values, view: &View, target: Target) -> Option<bool> {
    let root = values.get(view.root);
    let Def::Slot(offset) = root.def else { return None };
    let overlap = offset < target.offset + target.len && target.offset < offset + root.len;
    if !overlap {
        return None;
    }
    let start = offset as isize + view.offset;
    let same = start == target.offset as isize && view.is_contiguous() && view.len() == target.len;
    let disjoint = view.is_contiguous()
        && (start + view.len() as isize <= target.offset as isize || start >= (target.offset + target.len) as isize);
    if disjoint { None } else { Some(same) }
}

/// Whether `from` needs `to`, directly or not.
fn needs(edges: &[BTreeSet<usize>], from: usize, to: usize) -> bool {
    let mut seen = vec![false; edges.len()];
    let mut open = vec![from];
    while let Some(g) = open.pop() {
        if g == to {
            return true;
        }
        if !std::mem::replace(&mut seen[g], true) {
            open.extend(&edges[g]);
        }
    }
    false
}

/// What is needed first; among what can go next, groups that write slots last, then in the order of the program.
fn sort(edges: &[BTreeSet<usize>], late: &BTreeSet<usize>) -> Vec<usize> {
    let mut waiting: Vec<usize> = edges.iter().map(BTreeSet::len).collect();
    let mut users: Vec<Vec<usize>> = vec![Vec::new(); edges.len()];
    for (g, needs) in edges.iter().enumerate() {
        needs.iter().for_each(|&n| users[n].push(g));
    }
    let mut ready: BTreeSet<(bool, usize)> =
        (0..edges.len()).filter(|&g| waiting[g] == 0).map(|g| (late.contains(&g), g)).collect();
    let mut order = Vec::with_capacity(edges.len());
    while let Some((_, g)) = ready.pop_first() {
        order.push(g);
        for &user in &users[g] {
            waiting[user] -= 1;
            if waiting[user] == 0 {
                ready.insert((late.contains(&user), user));
            }
        }
    }
    order
}
