//! `show …`, breaks and watches.

use crate::check::elaborate::Role;
use crate::data::TargetKind;
use crate::session::shapes;
use crate::text::format;

use super::condition::{Condition, Quantity};
use super::form::{Given, refuse};
use super::{Lab, Refused, Reply, Sink, Table, change};

pub fn show(lab: &mut Lab, given: &Given, sink: &mut dyn Sink) -> Result<(), Refused> {
    match given.form {
        0 => model(lab, sink),
        1 => params(lab, sink),
        2 => optimizer(lab, sink),
        3 => data(lab, sink),
        4 => batch(lab, sink),
        5 => {
            let text = lab.version().text.trim_end().to_string();
            if text.is_empty() {
                sink.line("the program is empty".to_string())
            } else {
                sink.say(Reply::Text(text))
            }
            Ok(())
        }
        _ => {
            change::changes(lab, sink);
            Ok(())
        }
    }
}

fn model(lab: &mut Lab, sink: &mut dyn Sink) -> Result<(), Refused> {
    let name = lab.ready(sink)?;
    let run = lab.run(&name)?;
    sink.say(Reply::Shapes(shapes::model(&run.setup.item, &run.setup.plan)));
    Ok(())
}

fn params(lab: &mut Lab, sink: &mut dyn Sink) -> Result<(), Refused> {
    let name = lab.ready(sink)?;
    let weights = lab.run(&name)?.weights();
    let heads = [("path", false), ("shape", false), ("norm", true), ("mean", true), ("std", true), ("", false)];
    let mut table = Table::new("", &heads);
    for w in &weights {
        let shape = format!("[{}]", w.shape.iter().map(usize::to_string).collect::<Vec<_>>().join(", "));
        let what = match (w.role, w.frozen) {
            (Role::Parameter, true) => "frozen",
            (Role::Parameter, false) => "",
            _ => "buffer",
        };
        let x = |x: f64| format::number(x, 4);
        table.rows.push(vec![w.path.to_string(), shape, x(w.stats.norm), x(w.stats.mean), x(w.stats.std), what.into()]);
    }
    sink.say(Reply::Table(table));
    Ok(())
}

fn optimizer(lab: &mut Lab, sink: &mut dyn Sink) -> Result<(), Refused> {
    let name = lab.ready(sink)?;
    let sources = lab.version().checked.sources.clone();
    let version = lab.stretches[lab.state.moment.points[&name].stretch].version;
    let own = lab.versions[version].checked.sources.clone();
    let _ = sources;
    let run = lab.run(&name)?;
    for (path, expr) in &run.setup.item.optimizers {
        let of = path.as_ref().map_or(String::new(), |(p, _)| format!("{p}: "));
        sink.line(format!("{of}{}", own.slice(expr.span)));
    }
    let states: Vec<String> = run
        .setup
        .plan
        .parts
        .iter()
        .filter(|p| p.role == Role::State)
        .filter_map(|p| p.path.rsplit_once('.').map(|(_, state)| state.to_string()))
        .collect::<std::collections::BTreeSet<_>>()
        .into_iter()
        .collect();
    let states = if states.is_empty() { "none".to_string() } else { states.join(", ") };
    sink.line(format!("lr {}, states {states}", format::number(run.learning_rate(), 4)));
    let planned = run.planned_steps();
    sink.line(format!("step {} of {}", format::count(run.state.step), format::count(planned)));
    Ok(())
}

fn data(lab: &mut Lab, sink: &mut dyn Sink) -> Result<(), Refused> {
    let name = lab.ready(sink)?;
    let run = lab.run(&name)?;
    let data = run.setup.data.clone();
    let split = &data.split;
    sink.line(format!(
        "{}: {}, of them {} train, {} val, {} test",
        data.name,
        format::counted(data.table.rows() as u64, "row"),
        format::count(split.train.len() as u64),
        format::count(split.val.len() as u64),
        format::count(split.test.len() as u64)
    ));
    for block in &data.blocks {
        let mut table = Table::new("", &[("column", false), ("numbers", true), ("as", false)]);
        for piece in &block.pieces {
            let what = match &piece.kind {
                crate::data::PieceKind::Dense { width: 1, .. } => "number".to_string(),
                crate::data::PieceKind::Dense { feature_names, .. } => feature_names.join(", "),
                crate::data::PieceKind::Embed { levels, dim } => format!("{levels} levels in {dim} learned numbers"),
            };
            table.rows.push(vec![piece.column.clone(), piece.kind.raw_width().to_string(), what]);
        }
        sink.say(Reply::Table(table));
    }
    for target in &data.targets {
        let what = match &target.kind {
            TargetKind::Number => "number".to_string(),
            kind => kind.classes().join(", "),
        };
        sink.line(format!("target {}: {what}", target.name));
    }
    Ok(())
}

fn batch(lab: &mut Lab, sink: &mut dyn Sink) -> Result<(), Refused> {
    let name = lab.ready(sink)?;
    let run = lab.run(&name)?;
    let rows = run.next_rows();
    let (at, of) = (run.state.batch_in_epoch + 1, run.batches_per_epoch());
    let shown: Vec<String> = rows.iter().take(12).map(|r| (r + 1).to_string()).collect();
    let more = if rows.len() > 12 { ", …" } else { "" };
    sink.line(format!("next is batch {at} of {of}: {}", format::counted(rows.len() as u64, "row")));
    sink.line(format!("  rows {}{more}", shown.join(", ")));
    let loss = run.loss_of(crate::train::inspect::Batch::Next).unwrap_or(f64::NAN);
    sink.line(format!("  its loss with the present weights is {}", format::measure(loss)));
    Ok(())
}

pub fn break_when(lab: &mut Lab, given: &Given, sink: &mut dyn Sink) -> Result<(), Refused> {
    let name = lab.ready(sink)?;
    let condition = Condition::read(given.text(0), lab.run(&name)?)?;
    sink.line(format!("stops when {}", condition.text));
    lab.state.breaks.push(condition);
    Ok(())
}

pub fn watch(lab: &mut Lab, given: &Given, sink: &mut dyn Sink) -> Result<(), Refused> {
    let name = lab.ready(sink)?;
    let quantity = Quantity::read(given.text(0), lab.run(&name)?)?;
    let x = quantity.of(lab.run(&name)?);
    let now = if x.is_nan() { "which is not known yet".to_string() } else { format!("now {}", format::number(x, 6)) };
    sink.line(format!("watching {quantity}, {now}"));
    lab.state.watches.push(quantity);
    Ok(())
}

pub fn unwatch(lab: &mut Lab, given: &Given, sink: &mut dyn Sink) -> Result<(), Refused> {
    let breaks = lab.state.breaks.len();
    match given.count(0) {
        None => {
            let count = breaks + lab.state.watches.len();
            lab.state.breaks.clear();
            lab.state.watches.clear();
            sink.line(format!("removed {count} of the breaks and watches"));
        }
        Some(n) if n as usize <= breaks => {
            let out = lab.state.breaks.remove(n as usize - 1);
            sink.line(format!("no longer stops when {}", out.text));
        }
        Some(n) if n as usize - breaks <= lab.state.watches.len() => {
            let out = lab.state.watches.remove(n as usize - breaks - 1);
            sink.line(format!("no longer watching {out}"));
        }
        Some(n) => return Err(refuse(format!("there is no break or watch {n}")).help("`breaks` lists them").into()),
    }
    Ok(())
}

pub fn breaks(lab: &mut Lab, _: &Given, sink: &mut dyn Sink) -> Result<(), Refused> {
    let conditions = lab.state.breaks.iter().map(|b| format!("break when {}", b.text));
    let watches = lab.state.watches.iter().map(|w| format!("watch {w}"));
    let all: Vec<String> = conditions.chain(watches).collect();
    if all.is_empty() {
        sink.line("there are no breaks and no watches".to_string());
    }
    for (i, line) in all.iter().enumerate() {
        sink.line(format!("{} {line}", i + 1));
    }
    Ok(())
}
