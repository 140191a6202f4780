//! Going back and forth: snapshots, undo, rewind, branches.

use std::sync::Arc;

use crate::diag::Diagnostic;
use crate::interop::plot::chart;
use crate::session::execute::fault;
use crate::text::{diff, format};
use crate::train::Outcome;

use super::form::{Given, refuse, unknown};
use super::timeline::Point;
use super::{Branch, Lab, Live, Moment, Refused, Reply, Sink, Table};

/// Replaying so many steps is worth mentioning.
const TOLD: u64 = 1;

impl Lab {
    /// Brings a training to a point: from what is in memory, or from the nearest snapshot before it, by replay.
    pub(super) fn go(&mut self, name: &Arc<str>, point: Point, sink: &mut dyn Sink) -> Result<(), Refused> {
        let loaded = self.live.get(name).filter(|l| l.stretch == point.stretch).map(|l| l.trained.run.state.step);
        if loaded == Some(point.step) {
            return Ok(());
        }
        if loaded.is_none() {
            let version = self.stretches[point.stretch].version;
            let trained = self.fresh(version, name, sink)?;
            self.live.insert(name.clone(), Live { trained, stretch: point.stretch });
        }
        let stored = self.store.before(point);
        let start = self.stretches[point.stretch].first();
        let nearest = stored.as_ref().map_or(start, |(step, _)| *step);
        let Some(live) = self.live.get_mut(name) else { return Err(refuse("the training is gone").into()) };
        let run = &mut live.trained.run;
        // What is in memory serves only if it is at a boundary between the snapshot and the goal.
        if loaded.is_none_or(|at| at > point.step || at < nearest) {
            let restored = match &stored {
                Some((_, snapshot)) => run.restore(snapshot),
                None => run.restore(&self.stretches[point.stretch].start),
            };
            if !restored {
                return Err(refuse("the data or the program of that state is no longer what it was").into());
            }
        }
        let from = run.state.step;
        let mut since = from;
        while run.state.step < point.step {
            match run.advance() {
                Ok(Outcome::Stepped(_)) => {}
                Ok(Outcome::Finished) => break,
                Err(f) => return Err(fault(f, &run.setup.item.clone()).into()),
            }
            let step = run.state.step;
            if step.is_multiple_of(8) && sink.interrupted() {
                self.live.remove(name);
                return Err(refuse("interrupted while steps were replayed: nothing has changed").into());
            }
            if step - since >= 64 {
                since = step;
                self.store.keep(Point { stretch: point.stretch, step }, run.snapshot());
            }
        }
        let replayed = point.step - from.min(point.step);
        if replayed >= TOLD {
            sink.aside(format!("replayed {} from step {from}", format::counted(replayed, "step")));
        }
        Ok(())
    }

    /// Moves the focused training to a step of its past, or of its future as far as it was reached.
    fn move_to(&mut self, step: u64, sink: &mut dyn Sink) -> Result<(), Refused> {
        let name = self.ready(sink)?;
        let mut point = self.state.moment.points[&name];
        self.keep_snapshot(&name, point)?;
        if step > point.step {
            let reached = self.stretches[point.stretch].reached();
            if step > reached {
                let d = refuse(format!("step {step} was not reached yet: `{name}` is at step {}", point.step));
                return Err(d.help(format!("`run until step == {step}` goes there")).into());
            }
        }
        while step < self.stretches[point.stretch].first() {
            match self.stretches[point.stretch].parent {
                Some(parent) => point = parent,
                None => return Err(refuse("there is nothing before the first step").into()),
            }
        }
        let target = Point { stretch: point.stretch, step };
        let version = self.stretches[target.stretch].version;
        self.go(&name, target, sink)?;
        if self.stretches[self.state.moment.points[&name].stretch].version != version {
            sink.aside("this is before a change of the program, which is taken back too".to_string());
            self.state.moment.version = version;
        }
        self.state.moment.points.insert(name.clone(), target);
        self.say_where(&name, sink)
    }

    pub(super) fn say_where(&mut self, name: &Arc<str>, sink: &mut dyn Sink) -> Result<(), Refused> {
        let run = self.run(name)?;
        let (step, epoch, loss) = (run.state.step, run.state.epoch, run.state.last_loss);
        let loss = if step == 0 { String::new() } else { format!("  loss {}", format::measure(loss)) };
        sink.line(format!("at step {step}, {} done{loss}", format::counted(epoch, "epoch")));
        Ok(())
    }

    /// Puts a moment in the place of the present one.
    fn enter_moment(&mut self, moment: Moment, sink: &mut dyn Sink) -> Result<(), Refused> {
        self.leave(sink)?;
        for (name, point) in &moment.points {
            // Others are brought there when they are needed.
            if Some(name) == moment.focus.as_ref() {
                self.go(name, *point, sink)?;
            }
        }
        self.state.moment = moment;
        Ok(())
    }

    /// A snapshot of where the focused training is, so that coming back costs no replay.
    fn leave(&mut self, _: &mut dyn Sink) -> Result<(), Refused> {
        let Some(name) = self.state.moment.focus.clone() else { return Ok(()) };
        let Some(point) = self.state.moment.points.get(&name).copied() else { return Ok(()) };
        let at =
            self.live.get(&name).is_some_and(|l| l.stretch == point.stretch && l.trained.run.state.step == point.step);
        if at { self.keep_snapshot(&name, point) } else { Ok(()) }
    }

    fn named_moment(&self, name: &str) -> Result<Moment, Diagnostic> {
        if name == self.state.branch {
            return Ok(self.state.moment.clone());
        }
        let found = self.state.snapshots.get(name).or_else(|| self.state.branches.get(name).map(|b| &b.moment));
        found.cloned().ok_or_else(|| unknown("branch or snapshot", name, self.places()))
    }

    /// Names of branches and snapshots.
    pub(super) fn places(&self) -> Vec<&str> {
        let mut all: Vec<&str> = vec![&self.state.branch];
        all.extend(self.state.branches.keys().map(String::as_str));
        all.extend(self.state.snapshots.keys().map(String::as_str));
        all.sort_unstable();
        all.dedup();
        all
    }

    fn step_of(&self, moment: &Moment) -> u64 {
        moment.focus.as_ref().and_then(|f| moment.points.get(f)).map_or(0, |p| p.step)
    }

    /// The loss by step on the way to a point.
    pub(super) fn curve(&self, point: Point) -> Vec<(f64, f64)> {
        let mut out = Vec::new();
        let mut at = Some(point);
        while let Some(p) = at {
            let stretch = &self.stretches[p.stretch];
            let first = stretch.first();
            let count = (p.step.saturating_sub(first)) as usize;
            let part = stretch.losses.iter().take(count).enumerate().rev();
            out.extend(part.map(|(i, x)| ((first + i as u64 + 1) as f64, f64::from(*x))));
            at = stretch.parent;
        }
        out.reverse();
        out
    }
}

pub fn snap(lab: &mut Lab, given: &Given, sink: &mut dyn Sink) -> Result<(), Refused> {
    let name = given.text(0).to_string();
    if lab.state.branches.contains_key(&name) || lab.state.branch == name || name == "best" {
        return Err(refuse(format!("`{name}` is the name of something else")).help("choose another name").into());
    }
    let focus = lab.ready(sink)?;
    lab.leave(sink)?;
    let step = lab.state.moment.points[&focus].step;
    let old = lab.state.snapshots.insert(name.clone(), lab.state.moment.clone());
    let again = if old.is_some() { ", in the place of the one before" } else { "" };
    sink.line(format!("snapshot `{name}` of step {step}{again}"));
    Ok(())
}

pub fn undo(lab: &mut Lab, given: &Given, sink: &mut dyn Sink) -> Result<(), Refused> {
    if given.form == 0 {
        return undo_entry(lab, sink);
    }
    let n = given.count(0).unwrap_or(1);
    let name = lab.ready(sink)?;
    let at = lab.state.moment.points[&name].step;
    if n > at {
        let d = refuse(format!("there are only {} to undo", format::counted(at, "step")));
        return Err(d.help("`undo entry` takes back what was last typed").into());
    }
    lab.move_to(at - n, sink)
}

fn undo_entry(lab: &mut Lab, sink: &mut dyn Sink) -> Result<(), Refused> {
    let Some(last) = lab.journal.iter().rposition(|e| e.before.is_some()) else {
        return Err(refuse("nothing was typed that changed the session").into());
    };
    let entry = &lab.journal[last];
    let (text, before) = (entry.text.clone(), entry.before.clone().unwrap_or_default());
    let moment = before.moment.clone();
    lab.enter_moment(moment, sink)?;
    lab.state = before;
    lab.journal.truncate(last);
    let first = text.lines().next().unwrap_or_default().to_string();
    sink.line(format!("took back `{}`", crate::text::layout::shorten(&first, 60)));
    if let Some(name) = lab.state.moment.focus.clone().filter(|n| lab.state.moment.points.contains_key(n)) {
        lab.say_where(&name, sink)?;
    }
    Ok(())
}

pub fn rewind(lab: &mut Lab, given: &Given, sink: &mut dyn Sink) -> Result<(), Refused> {
    let name = lab.ready(sink)?;
    match given.form {
        0 => lab.move_to(given.count(0).unwrap_or(0), sink),
        1 => {
            let epoch = given.count(0).unwrap_or(0);
            if epoch == 0 {
                return lab.move_to(0, sink);
            }
            let run = lab.run(&name)?;
            let done = run.state.epoch;
            let (step, per_epoch) = (run.state.step, run.steps_left_in_epoch());
            // An epoch of the future has its end at a known step, if that was reached before.
            let ahead = epoch.checked_sub(done + 1).map(|more| step + per_epoch.0 + more * per_epoch.1);
            let point = lab.state.moment.points[&name];
            let reached = lab.stretches[point.stretch].reached();
            let run = lab.run(&name)?;
            let past = run.state.history.epochs.iter().find(|e| e.epoch == epoch).map(|e| e.step);
            let found = past.or(ahead.filter(|s| *s <= reached));
            let Some(step) = found else {
                let d = refuse(format!("epoch {epoch} is not in the past: {} done", format::counted(done, "epoch")));
                return Err(d.help(format!("`run until epoch == {epoch}` goes there")).into());
            };
            lab.move_to(step, sink)
        }
        _ if given.text(0) == "best" => {
            let run = lab.run(&name)?;
            let history = &run.state.history.epochs;
            let kept = run.state.keep_best.map(|_| run.state.keep_epoch);
            let loss =
                |e: &crate::train::EpochRecord| e.val.iter().find(|(n, _)| n == "loss").map_or(e.loss, |(_, x)| *x);
            let least = history.iter().min_by(|a, b| loss(a).total_cmp(&loss(b))).map(|e| e.epoch);
            let Some(epoch) = kept.or(least) else {
                return Err(refuse("there is no best epoch before the first is done").help("`epoch` does one").into());
            };
            let step = history.iter().find(|e| e.epoch == epoch).map_or(0, |e| e.step);
            sink.line(format!("epoch {epoch} is the best so far"));
            lab.move_to(step, sink)
        }
        _ => {
            let moment = lab.named_moment(given.text(0))?;
            lab.enter_moment(moment, sink)?;
            match lab.state.moment.focus.clone().filter(|n| lab.state.moment.points.contains_key(n)) {
                Some(name) => lab.say_where(&name, sink),
                None => Ok(()),
            }
        }
    }
}

pub fn branch(lab: &mut Lab, given: &Given, sink: &mut dyn Sink) -> Result<(), Refused> {
    let name = given.text(0).to_string();
    if lab.places().contains(&name.as_str()) || name == "best" {
        return Err(refuse(format!("there is a `{name}` already"))
            .help("choose another name; `log` shows them")
            .into());
    }
    lab.leave(sink)?;
    let old = std::mem::replace(&mut lab.state.branch, name.clone());
    let step = lab.step_of(&lab.state.moment);
    let moment = lab.state.moment.clone();
    let from = lab.state.branches.get(&old).and_then(|b| b.from.clone());
    lab.state.branches.insert(old.clone(), Branch { moment: moment.clone(), from });
    lab.state.branches.insert(name.clone(), Branch { moment, from: Some((old.clone(), step)) });
    sink.line(format!("on branch `{name}`, which leaves `{old}` at step {step}"));
    Ok(())
}

pub fn switch(lab: &mut Lab, given: &Given, sink: &mut dyn Sink) -> Result<(), Refused> {
    let name = given.text(0).to_string();
    if name == lab.state.branch {
        sink.line(format!("on branch `{name}` already"));
        return Ok(());
    }
    let Some(target) = lab.state.branches.get(&name).cloned() else {
        let known = lab.state.branches.keys().map(String::as_str);
        return Err(unknown("branch", &name, known).help("`branch NAME` makes one").into());
    };
    let old = lab.state.branch.clone();
    let here = lab.state.moment.clone();
    lab.enter_moment(target.moment, sink)?;
    let from = lab.state.branches.get(&old).and_then(|b| b.from.clone());
    lab.state.branches.insert(old, Branch { moment: here, from });
    lab.state.branch = name.clone();
    let step = lab.step_of(&lab.state.moment);
    sink.line(format!("on branch `{name}`, at step {step}"));
    Ok(())
}

pub fn log(lab: &mut Lab, _: &Given, sink: &mut dyn Sink) -> Result<(), Refused> {
    let mut branches = lab.state.branches.clone();
    let here =
        Branch { moment: lab.state.moment.clone(), from: branches.get(&lab.state.branch).and_then(|b| b.from.clone()) };
    branches.insert(lab.state.branch.clone(), here);
    let mut lines = Vec::new();
    let roots: Vec<String> = branches.iter().filter(|(_, b)| b.from.is_none()).map(|(n, _)| n.clone()).collect();
    for root in roots {
        tree(lab, &branches, &root, 0, &mut lines);
    }
    let (count, bytes) = lab.store.size();
    lines.push(format!("{} in memory, {}", format::counted(count as u64, "snapshot"), format::bytes(bytes as u64)));
    sink.say(Reply::Text(lines.join("\n")));
    Ok(())
}

fn tree(
    lab: &Lab,
    branches: &std::collections::BTreeMap<String, Branch>,
    name: &str,
    depth: usize,
    lines: &mut Vec<String>,
) {
    let Some(branch) = branches.get(name) else { return };
    let mark = if name == lab.state.branch { "*" } else { " " };
    let indent = "  ".repeat(depth);
    let from = branch.from.as_ref().map_or(String::new(), |(_, step)| format!("from step {step}, "));
    let step = lab.step_of(&branch.moment);
    lines.push(format!("{mark} {indent}{name}: {from}at step {step}"));
    if let Some(focus) = &branch.moment.focus
        && let Some(point) = branch.moment.points.get(focus)
    {
        // What it has in common with the branch it left stands there.
        let parent = branch.from.as_ref().and_then(|(parent, _)| branches.get(parent));
        let mut shared = Vec::new();
        let mut at = parent.and_then(|b| b.moment.points.get(focus)).copied();
        while let Some(p) = at {
            shared.push(p.stretch);
            at = lab.stretches[p.stretch].parent;
        }
        let mut at = Some(*point);
        let mut changes = Vec::new();
        while let Some(p) = at {
            let stretch = &lab.stretches[p.stretch];
            if stretch.parent.is_some() && !shared.contains(&p.stretch) {
                changes.push(stretch.first());
            }
            at = stretch.parent;
        }
        changes.reverse();
        lines.extend(changes.iter().map(|step| format!("  {indent}  | changed at step {step}")));
    }
    for (snapshot, moment) in &lab.state.snapshots {
        if branch.from.is_none() {
            lines.push(format!("  {indent}  | snapshot `{snapshot}` of step {}", lab.step_of(moment)));
        }
    }
    let below = branches.iter().filter(|(_, b)| b.from.as_ref().is_some_and(|(parent, _)| parent == name));
    below.for_each(|(child, _)| tree(lab, branches, child, depth + 1, lines));
}

pub fn compare(lab: &mut Lab, given: &Given, sink: &mut dyn Sink) -> Result<(), Refused> {
    let (a, b) = (given.text(0).to_string(), given.text(1).to_string());
    let here = lab.state.clone();
    let moments = [lab.named_moment(&a)?, lab.named_moment(&b)?];
    let mut curves = Vec::new();
    let mut columns: Vec<Vec<(String, String)>> = Vec::new();
    for (name, moment) in [&a, &b].into_iter().zip(&moments) {
        let focus = moment.focus.clone();
        let point = focus.as_ref().and_then(|f| moment.points.get(f)).copied();
        let (Some(focus), Some(point)) = (focus, point) else {
            return Err(refuse(format!("nothing was trained in `{name}` yet")).help("`step` does a step").into());
        };
        lab.enter_moment(moment.clone(), sink)?;
        let curve = lab.curve(point);
        let run = lab.run(&focus)?;
        let number = |x: f64| format::measure(x);
        let mut rows = vec![
            ("step".to_string(), format::count(run.state.step)),
            ("epoch".to_string(), format::count(run.state.epoch)),
            ("loss".to_string(), number(run.state.last_loss)),
            ("lr".to_string(), format::number(run.learning_rate(), 4)),
        ];
        if let Some(last) = run.state.history.epochs.last() {
            rows.push(("epoch loss".to_string(), number(last.loss)));
            rows.extend(last.val.iter().map(|(n, x)| (format!("val.{n}"), number(*x))));
        }
        columns.push(rows);
        curves.push((name.clone(), curve));
    }
    let back = here.moment.clone();
    lab.enter_moment(back, sink)?;
    lab.state = here;
    let mut table = Table::new("", &[("", false), (&a, true), (&b, true)]);
    let mut names: Vec<String> = columns.iter().flatten().map(|(n, _)| n.clone()).collect();
    let mut seen = std::collections::BTreeSet::new();
    names.retain(|n| seen.insert(n.clone()));
    for name in names {
        let cell = |i: usize| columns[i].iter().find(|(n, _)| *n == name).map_or("–".to_string(), |(_, x)| x.clone());
        if cell(0) != cell(1) {
            table.rows.push(vec![name.clone(), cell(0), cell(1)]);
        }
    }
    match table.rows.is_empty() {
        true => sink.line(format!("`{a}` and `{b}` are at the same point")),
        false => sink.say(Reply::Table(table)),
    }
    let texts = moments.map(|m| lab.versions[m.version].text.clone());
    let changes = diff::unified(&texts[0], &texts[1]);
    if !changes.is_empty() {
        sink.say(Reply::Text(format!("the programs differ:\n{}", changes.trim_end())));
    }
    if curves.iter().all(|(_, c)| c.len() > 1) {
        let mut figure = chart::training_curves("loss", curves, None);
        figure.title = "loss by step".into();
        figure.x.label = "step".into();
        sink.say(Reply::Figure(figure.into()));
    }
    Ok(())
}
