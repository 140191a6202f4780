//! Which values are computed in one pass over memory.
//!
//! A group is a pass: elementwise values and reductions over the same elements. A value joins the pass that computes
//! what it reads, unless it needs a result that is known only when the pass is over. What is read in a later pass is
//! stored, or computed there again if that is as cheap as reading it.

use std::collections::BTreeSet;

use super::values::{Along, Def, Value, Values};
use super::view::{ValueId, View, merged};

/// The longest rows whose reductions are used within the same pass: they have to fit the first cache.
const MAX_WIDTH: usize = 2048;
/// The most operations that are done again rather than stored and read.
const MAX_AGAIN: usize = 5;

/// Numbers up to which a pass takes longer to begin than to do.
const SMALL: usize = 256;

/// What one step of a plan computes.
#[derive(Debug, Clone, Default)]
pub struct Group {
    /// In the order of the program.
    pub members: Vec<ValueId>,
    /// Of a pass: the number of elements; `None` for a step with a kernel of its own.
    pub full: Option<usize>,
    /// The length of rows, where some members have one number a row, or one a column.
    pub width: Option<usize>,
    /// Where rows of views begin anew: numbers of elements, each a divisor of the next.
    cuts: Vec<usize>,
}

#[derive(Debug, Default)]
pub struct Fusion {
    pub groups: Vec<Group>,
    /// Of each value: whether it gets memory of its own.
    pub stored: Vec<bool>,
}

impl Group {
    /// Whether a value has one number a row of the pass.
    pub fn is_row_level(&self, len: usize) -> bool {
        self.full != Some(len) && self.full == self.width.map(|w| w * len)
    }

    /// Whether its views can be walked through in common axes, rows being whole.
    fn is_regular(&self) -> bool {
        let chain = self.cuts.windows(2).all(|w| w[1] % w[0] == 0);
        let whole_rows = self.width.is_none_or(|w| self.cuts.iter().all(|&c| c % w == 0));
        let whole = self.cuts.last().zip(self.full).is_none_or(|(c, full)| full % c == 0);
        chain && whole_rows && whole
    }

    /// The lengths of the axes in which all its views can be walked through: outer ones, rows, columns.
    pub fn axes(&self) -> (Vec<usize>, usize, usize) {
        let full = self.full.unwrap_or(0);
        let columns = self.width.or(self.cuts.first().copied()).unwrap_or(1).max(1);
        let mut bounds: Vec<usize> = self.cuts.iter().copied().filter(|&c| c > columns).collect();
        bounds.push(full.max(columns));
        let rows = bounds[0] / columns;
        let mut outer: Vec<usize> = bounds.windows(2).map(|w| w[1] / w[0]).collect();
        outer.reverse();
        if full == 0 { (Vec::new(), 0, columns) } else { (outer, rows, columns) }
    }
}

/// Divides the values into groups; with `fuse` off, each into its own. `is_fixed` says whether a value's length does not
/// depend on the number of rows.
pub fn fuse(values: &Values, fuse: bool, is_fixed: &dyn Fn(&Value) -> bool) -> Fusion {
    let small = values.all.iter().map(|v| v.len <= SMALL && is_fixed(v)).collect();
    let mut fuser = Fuser { values, small, groups: Vec::new(), group_of: vec![None; values.all.len()] };
    for i in 0..values.all.len() {
        if !values.all[i].is_given() {
            fuser.place(ValueId(i), fuse);
        }
    }
    let mut fusion = fuser.finish(fuse);
    fusion.groups.retain(|g| !g.members.is_empty());
    fusion
}

/// How a view reads a value of the same pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// Element by element.
    Flat,
    /// One number for each row of so many elements.
    PerRow(usize),
    /// In another order, so that it has to be in memory first.
    Other,
}

/// How a view reads its root, which has `len` numbers.
pub fn reading(view: &View, len: usize) -> Reading {
    if view.offset != 0 {
        return Reading::Other;
    }
    match merged(&view.axes)[..] {
        [] if len == 1 => Reading::Flat,
        [a] if a.stride == 1 && a.len == len => Reading::Flat,
        [r, c] if r.stride == 1 && r.len == len && c.stride == 0 => Reading::PerRow(c.len),
        _ => Reading::Other,
    }
}

struct Fuser<'v> {
    values: &'v Values,
    /// Of each value: whether it is small for all numbers of rows. What is done for a row must not depend on their number,
    /// and in one pass roundings are other ones than in two.
    small: Vec<bool>,
    groups: Vec<Group>,
    group_of: Vec<Option<usize>>,
}

impl Fuser<'_> {
    fn place(&mut self, id: ValueId, fuse: bool) {
        let own = self.own_group(id);
        let g = self.groups.len();
        self.group_of[id.0] = Some(g);
        self.groups.push(own);
        if !fuse || self.groups[g].full.is_none() {
            return;
        }
        for other in self.candidates(id) {
            let g = self.group_of[id.0].unwrap_or(g);
            if other != g
                && let Some(merged) = self.merge(g, other)
            {
                let (keep, drop) = (g.min(other), g.max(other));
                for m in &merged.members {
                    self.group_of[m.0] = Some(keep);
                }
                self.groups[keep] = merged;
                self.groups[drop] = Group::default();
            }
        }
    }

    /// A value alone.
    fn own_group(&self, id: ValueId) -> Group {
        let value = self.values.get(id);
        let (full, width) = match &value.def {
            _ if value.is_elementwise() => (Some(value.len), None),
            Def::Reduce(_, along, arg) => match along {
                Along::Rows(w) | Along::Columns(w) => (Some(arg.len()), Some(*w)),
                Along::All => (Some(arg.len()), None),
            },
            _ => (None, None),
        };
        let mut group = Group { members: vec![id], full, width, cuts: Vec::new() };
        if full.is_some() {
            group.cuts = self.cuts(&group, &|_| false);
        }
        group
    }

    /// Groups that compute what a value reads, or read what it reads; the latest first.
    fn candidates(&self, id: ValueId) -> Vec<usize> {
        let mut found = BTreeSet::new();
        for view in self.values.get(id).views() {
            let root = self.values.get(view.root);
            match self.group_of[view.root.0] {
                Some(g) if self.groups[g].full.is_some() => {
                    found.insert(g);
                }
                _ if self.is_worth_sharing(root, view) => {
                    let reads = |g: &Group| {
                        g.members.iter().any(|m| self.values.get(*m).views().iter().any(|v| v.root == view.root))
                    };
                    let is_same = |g: &Group| g.full == Some(view.len()) && reads(g);
                    found.extend(self.groups.iter().enumerate().filter(|(_, g)| is_same(g)).map(|(i, _)| i));
                }
                _ => {}
            }
        }
        found.extend(self.as_small(id));
        found.into_iter().rev().collect()
    }

    /// Groups as small as a small value's own, whatever they read: each pass saved is time.
    fn as_small(&self, id: ValueId) -> Vec<usize> {
        let value = self.values.get(id);
        if !self.small[id.0] || !value.is_elementwise() {
            return Vec::new();
        }
        let alike = |g: &Group| {
            g.full == Some(value.len)
                && g.width.is_none()
                && g.members.iter().all(|m| self.small[m.0] && self.values.get(*m).is_elementwise())
        };
        self.groups.iter().enumerate().filter(|(_, g)| alike(g)).map(|(i, _)| i).collect()
    }

    /// Whether two passes that read the same memory are better one.
    fn is_worth_sharing(&self, root: &Value, view: &View) -> bool {
        let read = !matches!(root.def, Def::Constant(_) | Def::Data(_));
        read && (root.len > 1 || view.len() == 1)
    }

    /// Two groups as one, if each value is known when it is needed and the elements are the same.
    fn merge(&self, a: usize, b: usize) -> Option<Group> {
        let (x, y) = (&self.groups[a], &self.groups[b]);
        let (full, width) = common_space(x, y)?;
        let members: BTreeSet<ValueId> = x.members.iter().chain(&y.members).copied().collect();
        let mut group = Group { members: members.iter().copied().collect(), full: Some(full), width, cuts: Vec::new() };
        for &m in &group.members {
            let value = self.values.get(m);
            for view in value.views() {
                if members.contains(&view.root) {
                    if !self.flows(&group, m, view) {
                        return None;
                    }
                } else if self.depends(view.root, &members) {
                    return None;
                }
            }
        }
        group.cuts = self.cuts(&group, &|id| members.contains(&id));
        group.is_regular().then_some(group)
    }

    /// Whether a member's view of another member can be read while the pass is under way.
    fn flows(&self, group: &Group, reader: ValueId, view: &View) -> bool {
        let (value, root) = (self.values.get(reader), self.values.get(view.root));
        match &root.def {
            Def::Reduce(_, Along::Rows(w), _) if *w <= MAX_WIDTH => {}
            Def::Reduce(..) => return false,
            _ => {}
        }
        let level = |len: usize| group.is_row_level(len);
        match reading(view, root.len) {
            Reading::Flat if matches!(value.def, Def::Reduce(..)) => true,
            Reading::Flat => level(value.len) == level(root.len),
            Reading::PerRow(w) => value.is_elementwise() && group.width == Some(w) && w <= MAX_WIDTH && level(root.len),
            Reading::Other => view.is_one_number() && root.len == 1 && group.full == Some(1),
        }
    }

    /// Whether a value needs one of `members`, on a path through others.
    fn depends(&self, id: ValueId, members: &BTreeSet<ValueId>) -> bool {
        let mut seen = vec![false; self.values.all.len()];
        let mut open = vec![id];
        while let Some(id) = open.pop() {
            // A group is computed at once: what one of its values needs, all need.
            let together = self.group_of[id.0].map_or(&[][..], |g| &self.groups[g].members[..]);
            for &m in together {
                if members.contains(&m) {
                    return true;
                }
                if !std::mem::replace(&mut seen[m.0], true) {
                    open.extend(self.values.get(m).views().iter().map(|v| v.root).filter(|r| !seen[r.0]));
                }
            }
        }
        false
    }

    /// Where rows of the views that are read from memory begin anew.
    fn cuts(&self, group: &Group, inside: &dyn Fn(ValueId) -> bool) -> Vec<usize> {
        let full = group.full.unwrap_or(0);
        let mut cuts = BTreeSet::new();
        for &m in &group.members {
            let value = self.values.get(m);
            for view in value.views() {
                if inside(view.root) || view.is_one_number() {
                    continue;
                }
                let mut size = if group.is_row_level(view.len()) { group.width.unwrap_or(1) } else { 1 };
                for axis in merged(&view.axes).iter().rev() {
                    size *= axis.len;
                    cuts.insert(size);
                }
            }
        }
        if let Some(width) = group.width {
            cuts.insert(width);
        }
        cuts.into_iter().filter(|&c| c > 1 && c < full).collect()
    }

    fn finish(mut self, fuse: bool) -> Fusion {
        let count = self.values.all.len();
        let mut stored = vec![false; count];
        for id in self.values.outputs.iter().chain(self.values.updates.iter().map(|(_, v)| v)) {
            stored[id.0] = true;
        }
        // Who reads a value in which group.
        let mut readers: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); count];
        for (g, group) in self.groups.iter().enumerate() {
            for &m in &group.members {
                for view in self.values.get(m).views() {
                    let own = self.group_of[view.root.0] == Some(g);
                    if !own {
                        readers[view.root.0].insert(g);
                    }
                    let root = self.values.get(view.root);
                    let flat = reading(view, root.len) == Reading::Flat && group.full.is_some();
                    if !own && !flat {
                        stored[view.root.0] = true;
                    }
                }
            }
        }
        for i in 0..count {
            let value = &self.values.all[i];
            if value.is_given() {
                continue;
            }
            if !value.is_elementwise() {
                stored[i] |= !readers[i].is_empty() || self.group_of[i].is_some_and(|g| self.groups[g].full.is_none());
                stored[i] |= matches!(value.def, Def::Reduce(_, Along::All | Along::Columns(_), _));
                continue;
            }
            if stored[i] || readers[i].is_empty() {
                continue;
            }
            let mut again = BTreeSet::new();
            let mut bases = BTreeSet::new();
            // Where the pass would write nothing else, to read two numbers once more costs less than that.
            let most = if readers[i].len() == 1 && self.is_only_summed(ValueId(i), &stored) { 2 } else { 1 };
            let cheap = fuse && self.again(ValueId(i), &stored, &mut again, &mut bases) && bases.len() <= most;
            let fits = |g: &usize| self.with(&self.groups[*g], &again).is_some();
            if cheap && again.len() <= MAX_AGAIN && readers[i].iter().all(fits) {
                for &g in &readers[i] {
                    if let Some(group) = self.with(&self.groups[g], &again) {
                        self.groups[g] = group;
                    }
                }
                for view in again.iter().flat_map(|&m| self.values.get(m).views()) {
                    stored[view.root.0] |= !again.contains(&view.root) && !self.values.get(view.root).is_given();
                }
            } else {
                stored[i] = true;
            }
        }
        Fusion { groups: self.groups, stored }
    }

    /// Whether a value's own pass does nothing but sum it up.
    fn is_only_summed(&self, id: ValueId, stored: &[bool]) -> bool {
        let Some(group) = self.group_of[id.0].map(|g| &self.groups[g]) else { return false };
        group.members.iter().all(|&m| {
            let value = self.values.get(m);
            let reads = value.views().iter().any(|v| v.root == id);
            match value.def {
                Def::Reduce(_, Along::Columns(_), _) => reads,
                _ => !(reads || stored[m.0] && value.is_elementwise()),
            }
        })
    }

    /// What has to be done to have a value again: the operations, and what they read of the value's own length.
    fn again(
        &self,
        id: ValueId,
        stored: &[bool],
        operations: &mut BTreeSet<ValueId>,
        bases: &mut BTreeSet<ValueId>,
    ) -> bool {
        let value = self.values.get(id);
        let Def::Map(function, args) = &value.def else { return false };
        operations.insert(id);
        function.is_cheap()
            && operations.len() <= MAX_AGAIN
            && args.iter().all(|view| {
                let root = self.values.get(view.root);
                let computed = root.is_elementwise() && !stored[view.root.0];
                match reading(view, root.len) {
                    Reading::Flat if root.len == value.len && computed => {
                        self.again(view.root, stored, operations, bases)
                    }
                    Reading::Flat if root.len == value.len => {
                        bases.insert(view.root);
                        true
                    }
                    _ => !computed,
                }
            })
    }

    /// A group that computes some values of other groups again.
    fn with(&self, group: &Group, again: &BTreeSet<ValueId>) -> Option<Group> {
        let members: BTreeSet<ValueId> = group.members.iter().chain(again).copied().collect();
        let mut group = Group { members: members.iter().copied().collect(), ..group.clone() };
        group.cuts = self.cuts(&group, &|id| members.contains(&id));
        group.is_regular().then_some(group)
    }
}

/// The elements of a pass that has those of both groups: the same, or the rows of one are the elements of the other.
fn common_space(x: &Group, y: &Group) -> Option<(usize, Option<usize>)> {
    let (m, n) = (x.full?, y.full?);
    if m == n {
        return match (x.width, y.width) {
            (Some(a), Some(b)) if a != b => None,
            (a, b) => Some((m, a.or(b))),
        };
    }
    let (wide, narrow) = if m > n { (x, y) } else { (y, x) };
    let (full, rows) = (wide.full?, narrow.full?);
    if rows == 0 || full % rows != 0 || narrow.width.is_some() {
        return None;
    }
    let width = full / rows;
    (wide.width.is_none_or(|w| w == width) && width <= MAX_WIDTH && rows > 1).then_some((full, Some(width)))
}
