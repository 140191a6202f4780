//! Looking at a training without disturbing it.

use std::sync::Arc;
use std::time::Instant;

use crate::check::{Action, EvaluateItem, Side};
use crate::diag::{Diagnostic, codes};
use crate::session::execute::fault;
use crate::syntax::ast::ExprKind;
use crate::text::format;
use crate::train::inspect::{Batch, Source, Stats, norms_below};
use crate::train::{Outcome, Run, TrainFault};

use super::condition::known_path;
use super::form::{Given, Value, refuse, unknown};
use super::{Lab, Refused, Reply, Sink, Table, change};

/// Columns of a table of rows beyond these are only counted.
const MOST_COLUMNS: usize = 6;
/// Rows shown where no number is given.
const ROWS: u64 = 5;

impl Lab {
    /// What a fault of looking is to the user.
    fn looked<T>(&mut self, name: &str, result: Result<T, TrainFault>) -> Result<T, Refused> {
        match result {
            Ok(x) => Ok(x),
            Err(f) => {
                let item = self.run(name)?.setup.item.clone();
                Err(fault(f, &item).into())
            }
        }
    }

    /// The rows that evaluations look at: test rows, or what there is.
    fn measured_side(run: &Run) -> Option<Side> {
        let split = &run.setup.data.split;
        [Side::Test, Side::Val, Side::Train].into_iter().find(|s| split.side(s.name()).is_some_and(|r| !r.is_empty()))
    }

    /// Does an `evaluate` item for one training.
    pub(super) fn evaluate_item(
        &mut self,
        of: &Arc<str>,
        item: &EvaluateItem,
        sink: &mut dyn Sink,
    ) -> Result<(), Refused> {
        let mut item = item.clone();
        item.of = vec![of.clone()];
        let unmet = self.with_execution(of, sink, |execution, sink| {
            execution.evaluate(&item, sink)?;
            Ok(execution.take_unmet())
        })?;
        if let Some(d) = unmet {
            sink.aside(format!("not met: {}", d.message));
        }
        Ok(())
    }
}

pub fn evaluate(lab: &mut Lab, _: &Given, sink: &mut dyn Sink) -> Result<(), Refused> {
    let name = lab.ready(sink)?;
    let checked = lab.checked();
    let mut items: Vec<EvaluateItem> = Vec::new();
    for action in &checked.program.actions {
        if let Action::Evaluate(item) = action
            && item.of.contains(&name)
        {
            items.push((**item).clone());
        }
    }
    if items.is_empty() {
        let run = lab.run(&name)?;
        let Some(side) = Lab::measured_side(run) else {
            return Err(Diagnostic::new(&codes::SPLIT, "there are no rows to evaluate on").into());
        };
        let text =
            format!("evaluate {{ of = {name}; on = {}.{}; interval = false }}", run.setup.item.data, side.name());
        return lab.action(&text, sink);
    }
    for item in items {
        lab.evaluate_item(&name, &item, sink)?;
    }
    Ok(())
}

pub fn predict(lab: &mut Lab, given: &Given, sink: &mut dyn Sink) -> Result<(), Refused> {
    let name = lab.ready(sink)?;
    let record = given.text(0).trim();
    if !record.starts_with('(') && !record.starts_with('[') {
        let d = Diagnostic::new(&codes::SYNTAX, format!("`{record}` is no row"));
        return Err(d.help("a row is a record of columns: `predict (amount = 12.5, country = \"DE\")`").into());
    }
    if record.starts_with('[') {
        return lab.action(&format!("predict {{ of = {name}; rows = {record} }}"), sink);
    }
    let (row, left_out) = filled(lab.run(&name)?, record);
    if !left_out.is_empty() {
        sink.aside(format!("left out, so missing: {}", left_out.join(", ")));
    }
    // That they are missing has been said.
    let mut heard = Unwarned { sink, quiet: !left_out.is_empty() };
    lab.action(&format!("predict {{ of = {name}; rows = [{row}] }}"), &mut heard)
}

/// A single row with the columns that it leaves out, as missing cells.
fn filled(run: &Run, record: &str) -> (String, Vec<String>) {
    let source = crate::text::Source::new(crate::text::FileId::default(), "typed", record);
    let (expr, problems) = crate::syntax::parse_expr(&source);
    let (ExprKind::Record(fields), false) = (&expr.kind, problems.has_errors()) else {
        return (record.to_string(), vec![]);
    };
    let given = |column: &str| {
        let of_list = column.split_once('[').map_or(column, |(name, _)| name);
        fields.iter().any(|(n, _)| *n.text == *column || *n.text == *of_list)
    };
    let mut columns: Vec<&str> =
        run.setup.data.blocks.iter().flat_map(|b| b.pieces.iter().map(|p| p.column.as_str())).collect();
    columns.dedup();
    let table = &run.setup.data.table;
    let missing: Vec<String> =
        columns.into_iter().filter(|c| table.column(c).is_some() && !given(c)).map(str::to_string).collect();
    let cells: String = missing.iter().map(|c| format!(", \"{c}\" = \"\"")).collect();
    let front = record.trim_end().trim_end_matches(')').trim_end().trim_end_matches(',');
    if missing.is_empty() { (record.to_string(), missing) } else { (format!("{front}{cells})"), missing) }
}

/// Leaves out warnings about missing cells.
struct Unwarned<'a> {
    sink: &'a mut dyn Sink,
    quiet: bool,
}

impl crate::session::Listener for Unwarned<'_> {
    fn event(&mut self, event: &crate::train::event::Event) {
        self.sink.event(event);
    }

    fn diagnostics(&mut self, diagnostics: &[Diagnostic], sources: &crate::text::Sources) {
        let shown = |d: &&Diagnostic| !(self.quiet && d.code.id == codes::UNFORESEEN.id);
        let shown: Vec<Diagnostic> = diagnostics.iter().filter(shown).cloned().collect();
        self.sink.diagnostics(&shown, sources);
    }

    fn interrupted(&self) -> bool {
        self.sink.interrupted()
    }
}

impl Sink for Unwarned<'_> {
    fn say(&mut self, reply: Reply) {
        self.sink.say(reply);
    }
}

pub fn confusion(lab: &mut Lab, _: &Given, sink: &mut dyn Sink) -> Result<(), Refused> {
    let name = lab.ready(sink)?;
    let run = lab.run(&name)?;
    let Some(side) = Lab::measured_side(run) else {
        return Err(Diagnostic::new(&codes::SPLIT, "there are no rows to look at").into());
    };
    let data = run.setup.item.data.clone();
    lab.action(
        &format!("evaluate {{ of = {name}; on = {data}.{}; metrics = [confusion]; interval = false }}", side.name()),
        sink,
    )
}

fn shape_text(shape: &[usize]) -> String {
    format!("[{}]", shape.iter().map(usize::to_string).collect::<Vec<_>>().join(", "))
}

fn stats_cells(s: &Stats) -> Vec<String> {
    let x = |x: f64| format::number(x, 3);
    vec![x(s.mean), x(s.std), x(s.min), x(s.max), format!("{:.0}%", 100.0 * s.zeros)]
}

const STATS: [(&str, bool); 5] = [("mean", true), ("std", true), ("min", true), ("max", true), ("zeros", true)];

pub fn peek(lab: &mut Lab, given: &Given, sink: &mut dyn Sink) -> Result<(), Refused> {
    let name = lab.ready(sink)?;
    let path = given.text(0).to_string();
    let result = lab.run(&name)?.activations(Batch::Next);
    let all = lab.looked(&name, result)?;
    if path.is_empty() {
        let mut table =
            Table::new("", &[&[("path", false), ("layer", false), ("shape", false)][..], &STATS[..]].concat());
        for a in &all {
            let mut row = vec![a.path.to_string(), a.layer.to_string(), shape_text(&a.shape)];
            row.extend(stats_cells(&a.stats));
            table.rows.push(row);
        }
        sink.say(Reply::Table(table));
        return Ok(());
    }
    let Some(a) = all.iter().rev().find(|a| *a.path == *path) else {
        if lab.run(&name)?.weights().iter().any(|w| *w.path == *path) {
            return hist(lab, &Given { form: 0, values: vec![Value::Text(path)] }, sink);
        }
        return Err(unknown("layer", &path, all.iter().map(|a| &*a.path).filter(|p| !p.is_empty())).into());
    };
    sink.line(format!("{} {}  {}", a.path, a.layer, shape_text(&a.shape)));
    figures(&a.stats, sink);
    let values = a.values.iter().map(|x| f64::from(*x)).collect();
    histogram(&path, values, sink);
    Ok(())
}

fn figures(s: &Stats, sink: &mut dyn Sink) {
    let x = |x: f64| format::number(x, 4);
    let bad =
        if s.non_finite > 0 { format!(", {} not finite", format::count(s.non_finite as u64)) } else { String::new() };
    sink.line(format!(
        "mean {}, std {}, min {}, max {}, norm {}, zeros {:.1}%{bad}",
        x(s.mean),
        x(s.std),
        x(s.min),
        x(s.max),
        x(s.norm),
        100.0 * s.zeros
    ));
}

fn histogram(label: &str, values: Vec<f64>, sink: &mut dyn Sink) {
    let figure = crate::interop::plot::chart::histogram(label, "", "numbers", vec![(String::new(), values)]);
    sink.say(Reply::Figure(figure.into()));
}

pub fn grad(lab: &mut Lab, given: &Given, sink: &mut dyn Sink) -> Result<(), Refused> {
    let name = lab.ready(sink)?;
    let path = given.text(0).to_string();
    if !path.is_empty() {
        known_path(&path, lab.run(&name)?, false)?;
    }
    let result = lab.run(&name)?.gradients(Batch::Next);
    let all = lab.looked(&name, result)?;
    let below = |p: &str| path.is_empty() || p == path || p.strip_prefix(&path).is_some_and(|r| r.starts_with('.'));
    let mut table =
        Table::new("", &[&[("parameter", false), ("shape", false), ("norm", true)][..], &STATS[..]].concat());
    for g in all.iter().filter(|g| below(&g.path)) {
        let frozen = if g.frozen { " (frozen)" } else { "" };
        let mut row = vec![format!("{}{frozen}", g.path), shape_text(&g.shape), format::number(g.stats.norm, 3)];
        row.extend(stats_cells(&g.stats));
        table.rows.push(row);
    }
    if table.rows.is_empty() {
        return Err(refuse(format!("`{path}` has no parameters")).into());
    }
    sink.say(Reply::Table(table));
    let norm = norms_below(&all).into_iter().find(|(p, _)| *p == path).map_or(0.0, |(_, n)| n);
    sink.line(format!("norm of all {}, before clipping", format::number(norm, 5)));
    if let [one] = all.iter().filter(|g| below(&g.path)).collect::<Vec<_>>().as_slice() {
        histogram(&format!("gradient of {}", one.path), one.values.iter().map(|x| f64::from(*x)).collect(), sink);
    }
    Ok(())
}

pub fn hist(lab: &mut Lab, given: &Given, sink: &mut dyn Sink) -> Result<(), Refused> {
    let name = lab.ready(sink)?;
    let weights = lab.run(&name)?.weights();
    let path = given.text(0);
    let Some(w) = weights.iter().find(|w| *w.path == *path) else {
        return Err(unknown("parameter", path, weights.iter().map(|w| &*w.path)).into());
    };
    sink.line(format!("{}  {}", w.path, shape_text(&w.shape)));
    figures(&w.stats, sink);
    histogram(path, w.values.iter().map(|x| f64::from(*x)).collect(), sink);
    Ok(())
}

/// Some rows of a training's data, in their own columns, behind cells of the caller's.
fn table_of(run: &Run, rows: &[u32], first: &[(&str, bool)], cells: &[Vec<String>]) -> Table {
    let data = &run.setup.data;
    let columns = data.table.columns();
    let shown = &columns[..columns.len().min(MOST_COLUMNS)];
    let mut heads: Vec<(&str, bool)> = vec![("row", true)];
    heads.extend_from_slice(first);
    heads.extend(shown.iter().map(|c| (c.name.as_str(), false)));
    let more = columns.len() - shown.len();
    let rest = format!("+{more}");
    if more > 0 {
        heads.push((&rest, false));
    }
    let mut table = Table::new("", &heads);
    for (i, row) in rows.iter().enumerate() {
        let mut line = vec![(row + 1).to_string()];
        line.extend(cells.get(i).cloned().unwrap_or_default());
        line.extend(shown.iter().map(|c| c.cell(*row as usize).to_string()));
        table.rows.push(line);
    }
    table
}

pub fn rows(lab: &mut Lab, given: &Given, sink: &mut dyn Sink) -> Result<(), Refused> {
    // `rows 5` is read by the first form as rows named `5`.
    let numeric = given.text(0).parse::<u64>().ok();
    let (which, count) = match numeric {
        Some(n) => ("train", n),
        None if given.form == 0 => (given.text(0), given.count(1).unwrap_or(ROWS)),
        None => ("train", given.count(0).unwrap_or(ROWS)),
    };
    let name = lab.ready(sink)?;
    let run = lab.run(&name)?;
    let data = &run.setup.data;
    let side = match which.split_once('.') {
        Some((of, side)) if *of == *run.setup.item.data => side,
        Some((of, _)) => return Err(unknown("data of this training", of, [&*run.setup.item.data]).into()),
        None if *which == *run.setup.item.data => "train",
        None => which,
    };
    let Some(all) = data.split.side(side) else {
        return Err(unknown("side of the split", side, ["train", "val", "test"]).into());
    };
    if all.is_empty() {
        return Err(Diagnostic::new(&codes::SPLIT, format!("`{}` has no {side} rows", data.name)).into());
    }
    let chosen: Vec<u32> = all.iter().copied().take(count as usize).collect();
    let table = table_of(run, &chosen, &[], &[]);
    let total = all.len() as u64;
    sink.say(Reply::Table(table));
    sink.line(format!("{} of {}", format::count(chosen.len() as u64), format::counted(total, &format!("{side} row"))));
    Ok(())
}

pub fn transformed(lab: &mut Lab, given: &Given, sink: &mut dyn Sink) -> Result<(), Refused> {
    let count = given.count(0).unwrap_or(ROWS);
    let name = lab.ready(sink)?;
    let run = lab.run(&name)?;
    let data = &run.setup.data;
    let rows: Vec<u32> = data.split.train.iter().copied().take(count as usize).collect();
    for block in &data.blocks {
        let heads: Vec<String> =
            std::iter::once("number".to_string()).chain(rows.iter().map(|r| format!("row {}", r + 1))).collect();
        let heads: Vec<(&str, bool)> = heads.iter().enumerate().map(|(i, h)| (h.as_str(), i > 0)).collect();
        let mut table = Table::new(format!("{}.{}", data.name, block.name), &heads);
        for (i, feature) in change::feature_names(block).into_iter().enumerate().take(block.width) {
            let mut line = vec![feature];
            for r in &rows {
                let x = block.values.get(*r as usize * block.width + i).copied().unwrap_or(f32::NAN);
                line.push(format::number(f64::from(x), 4));
            }
            table.rows.push(line);
        }
        sink.say(Reply::Table(table));
    }
    Ok(())
}

pub fn worst(lab: &mut Lab, given: &Given, sink: &mut dyn Sink) -> Result<(), Refused> {
    let count = given.count(0).unwrap_or(ROWS) as usize;
    let name = lab.ready(sink)?;
    let run = lab.run(&name)?;
    let Some(side) = Lab::measured_side(run) else {
        return Err(Diagnostic::new(&codes::SPLIT, "there are no rows to look at").into());
    };
    let rows = run.setup.data.split.side(side.name()).unwrap_or(&[]).to_vec();
    let whole = run.setup.plan.whole_batch;
    let result = run.answers(&rows);
    let answers = lab.looked(&name, result)?;
    if whole || answers.losses.len() != rows.len() {
        return Err(refuse("this loss is one number for the whole batch, so rows have none of their own").into());
    }
    let mut order: Vec<usize> = (0..rows.len()).collect();
    // Rows of equal loss stay in the order of the data.
    order.sort_by(|a, b| answers.losses[*b].total_cmp(&answers.losses[*a]).then(a.cmp(b)));
    order.truncate(count);
    let run = lab.run(&name)?;
    let answer = run.forward.answers.iter().position(|a| a.target.is_some() && a.width == 1);
    let chosen: Vec<u32> = order.iter().map(|i| rows[*i]).collect();
    let mut heads = vec![("loss", true)];
    let label = answer.map(|i| run.forward.answers[i].name.to_string());
    if let Some(label) = &label {
        heads.push((label.as_str(), true));
    }
    let cells: Vec<Vec<String>> = order
        .iter()
        .map(|i| {
            let mut cells = vec![format::measure(answers.losses[*i])];
            cells.extend(answer.map(|a| format::number(answers.values[a][*i], 3)));
            cells
        })
        .collect();
    let table = table_of(run, &chosen, &heads, &cells);
    sink.say(Reply::Table(table));
    sink.line(format!("of {}", format::counted(rows.len() as u64, &format!("{} row", side.name()))));
    Ok(())
}

pub fn why(lab: &mut Lab, _: &Given, sink: &mut dyn Sink) -> Result<(), Refused> {
    let name = lab.ready(sink)?;
    let result = lab.run(&name)?.origin(Batch::Next);
    let Some(origin) = lab.looked(&name, result)? else {
        sink.line("all numbers of the next step are finite".to_string());
        return Ok(());
    };
    let what = match &origin.source {
        Source::Operation(op) => format!("`{op}`"),
        Source::Cell(column) => format!("the column `{column}`"),
        Source::Weight(path) => format!("the parameter `{path}`"),
        Source::Scalar => "a number of the schedule".to_string(),
    };
    let at = origin.place.path.as_deref().filter(|p| !p.is_empty()).map_or(String::new(), |p| format!(" of `{p}`"));
    let pass = if origin.backward { " while gradients are computed" } else { "" };
    sink.line(format!("{what}{at} is {} first{pass}", origin.what));
    sink.line(format!(
        "{} of its {} are not finite",
        format::count(origin.count.0 as u64),
        format::counted(origin.count.1 as u64, "number")
    ));
    for operand in &origin.operands {
        let x = |x: f64| format::number(x, 5);
        let value = operand.value.map_or(String::new(), |v| format!(" = {}", x(v)));
        sink.line(format!("  from {}{value}, in {}..{}", operand.name, x(operand.min), x(operand.max)));
    }
    if let Some(span) = origin.place.span {
        let sources = lab.version().checked.program.world.scope.sources();
        if let Some(source) = sources.get(span.file) {
            let (line, _) = source.line_column(span.start);
            sink.line(format!("  at {}:{line}: {}", source.name, source.line(line).trim()));
        }
    }
    if !origin.rows.is_empty() {
        let rows: Vec<String> = origin.rows.iter().map(|r| (r + 1).to_string()).collect();
        sink.line(format!("  for rows {} of the data", rows.join(", ")));
    }
    Ok(())
}

/// Seconds that are spent on measuring.
const MEASURED: f64 = 0.3;

/// Steps of a copy of the training, from where it stands.
pub fn timing(lab: &mut Lab, _: &Given, sink: &mut dyn Sink) -> Result<(), Refused> {
    let name = lab.ready(sink)?;
    let kept = lab.run(&name)?.snapshot();
    if kept.state.finished {
        let d = refuse("the training is finished: there is no step to measure");
        return Err(d.help("`rewind to step 0` goes back").into());
    }
    let point = lab.state.moment.points[&name];
    let version = lab.stretches[point.stretch].version;
    let mut copy = lab.fresh(version, &name, sink)?.run;
    if !copy.restore(&kept) {
        return Err(refuse(format!("`{name}` can't be copied")).into());
    }
    // The first step touches all memory for the first time.
    let first = copy.advance();
    lab.looked(&name, first)?;
    copy.start_profile();
    let before = copy.state.step;
    let begun = Instant::now();
    while begun.elapsed().as_secs_f64() < MEASURED && !copy.is_finished() {
        let outcome = copy.advance();
        if let Outcome::Finished = lab.looked(&name, outcome)? {
            break;
        }
    }
    let seconds = begun.elapsed().as_secs_f64();
    let steps = (copy.state.step - before).max(1) as f64;
    let mut parts = crate::session::timing::of_training("", &copy, seconds);
    parts.sort_by(|a, b| b.seconds.total_cmp(&a.seconds));
    let mut table = Table::new("", &[("part", false), ("time", true), ("share", true)]);
    for part in &parts {
        let share = format!("{:.1}%", 100.0 * part.seconds / seconds.max(1e-9));
        table.rows.push(vec![part.name.trim().to_string(), format!("{:.4}ms", 1e3 * part.seconds / steps), share]);
    }
    sink.say(Reply::Table(table));
    sink.line(format!("a step took {:.4}ms, of {} measured", 1e3 * seconds / steps, format::count(steps as u64)));
    Ok(())
}
