//! The table of commands: forms, help and examples in one row, from which the parser, help, completion and tests come.

use super::form::Given;
use super::{Lab, Refused, Reply, Sink, Table, change, keep, look, plotting, show, stepping, time};
use crate::session;

/// What does the work of a command.
pub type Perform = fn(&mut Lab, &Given, &mut dyn Sink) -> Result<(), Refused>;

/// A command.
pub struct Command {
    pub name: &'static str,
    /// The heading under which help shows it.
    pub group: &'static str,
    /// What can stand behind the name, each as help shows it: see `form`.
    pub forms: &'static [&'static str],
    /// One line.
    pub help: &'static str,
    /// What else is to be known.
    pub about: &'static str,
    pub examples: &'static [&'static str],
    pub run: Perform,
}

macro_rules! commands {
    ($($group:literal { $($name:literal [$($form:literal),*] $help:literal $about:literal [$($example:literal),*] $run:expr;)* })*) => {
        /// All commands, in the order of help.
        pub static COMMANDS: &[Command] = &[$($(Command {
            name: $name,
            group: $group,
            forms: &[$($form),*],
            help: $help,
            about: $about,
            examples: &[$($example),*],
            run: $run,
        }),*),*];
    };
}

commands! {
    "Run" {
        "step" ["step [N]"] "do a step, or N" "A step is one update of the weights. The last step's loss, rate and time are printed." ["step", "step 25"] stepping::step;
        "epoch" ["epoch [N]"] "go to the end of the epoch, or of N epochs" "" ["epoch", "epoch 3"] stepping::epoch;
        "run" ["run", "run until CONDITION", "run for TIME"] "train to the end, until a condition holds, or for a time" "Ctrl-C stops at the next step and keeps the session." ["run", "run until loss < 0.1 or epoch == 20", "run for 30s"] stepping::run;
        "on" ["on TRAINING"] "choose the training that commands are about" "" ["on by_score"] stepping::on;
        "evaluate" ["evaluate"] "measure the model as it stands" "Does the program's `evaluate` items of this training, or one with the usual metrics. An item with braces can be typed as well: `evaluate { metrics = [r2] }`." ["evaluate"] look::evaluate;
        "predict" ["predict RECORD"] "predict rows by the model as it stands" "A record, or several with commas between. Columns that are left out are missing." ["predict (amount = 12.5, country = \"DE\")"] look::predict;
    }
    "Stop" {
        "break" ["break when CONDITION"] "stop a running training when a condition comes to hold" "It stops when the condition begins to hold, after a step." ["break when loss is nan", "break when grad_norm(classifier.0) > 10"] show::break_when;
        "watch" ["watch QUANTITY"] "print a number after each command that trains" "" ["watch classifier.0.weight.norm"] show::watch;
        "unwatch" ["unwatch", "unwatch N"] "remove breaks and watches: all, or one by its number" "" ["unwatch", "unwatch 1"] show::unwatch;
        "breaks" ["breaks"] "list breaks and watches" "" ["breaks"] show::breaks;
    }
    "Look" {
        "show" ["show model", "show params", "show optimizer", "show data", "show batch", "show program", "show changes"] "the model, params, optimizer, data, batch, program, changes" "`show changes` prints the items that differ from the file, to paste." ["show model", "show changes"] show::show;
        "peek" ["peek [PATH]"] "activations on the next batch, and a histogram of one" "Shape, mean, spread, share of zeros. Nothing of the training is disturbed." ["peek", "peek classifier.0"] look::peek;
        "grad" ["grad [PATH]"] "gradients of the next batch's loss" "" ["grad", "grad classifier.0"] look::grad;
        "hist" ["hist PATH"] "a histogram of a parameter" "" ["hist classifier.0.weight"] look::hist;
        "rows" ["rows ROWS [N]", "rows [N]"] "rows of the data as they were read" "" ["rows transactions.train 5"] look::rows;
        "transformed" ["transformed [N]"] "the first training rows as the model sees them" "" ["transformed 5"] look::transformed;
        "worst" ["worst [N]"] "the rows with the largest loss, in their own columns" "Of the test rows; without those, of the val or train rows." ["worst 5"] look::worst;
        "why" ["why nan"] "where the first number that is not finite comes from" "The first operation of the next step that gives such a number, what it was given, where it stands, and for which rows." ["why nan"] look::why;
        "confusion" ["confusion"] "how often each class was predicted for each" "Of the test rows; without those, of the val or train rows." ["confusion"] look::confusion;
        "plot" ["plot PLOT"] "draw in the terminal, or to a file" "What a training has (`loss`, `lr`, `roc`, `pr`, `calibration`, `confusion`), or a function over a range." ["plot loss", "plot roc to \"roc.svg\"", "plot sigmoid over -6..6"] plotting::plot;
        "timing" ["timing"] "where the time of a step goes, by layer" "Some steps of a copy are measured; the training stays where it is." ["timing"] look::timing;
    }
    "Change" {
        "set" ["set KEY = VALUE"] "change a hyper, a setting of the training or its optimizer" "The change is made in the program; weights and optimiser state stay." ["set lr = 3e-4", "set batch_size = 64"] change::set;
        "freeze" ["freeze PATH"] "no longer train a part of the model" "" ["freeze feature_extractor"] change::freeze;
        "unfreeze" ["unfreeze PATH"] "train it again" "" ["unfreeze feature_extractor"] change::unfreeze;
        "reset" ["reset PATH"] "give a part of the model fresh weights" "Fresh are the weights that the training would begin with; its optimiser state is cleared." ["reset classifier"] change::reset;
        "reload" ["reload"] "take over what was edited in the file" "What still fits keeps its weights, the rest gets fresh ones." ["reload"] change::reload;
    }
    "Time" {
        "snap" ["snap NAME"] "give this point a name" "" ["snap before"] time::snap;
        "undo" ["undo entry", "undo [N]"] "take back a step, or N; or the last thing that was typed" "Exact to the bit; what no snapshot holds is replayed." ["undo 10", "undo entry"] time::undo;
        "rewind" ["rewind to step STEP", "rewind to epoch EPOCH", "rewind to PLACE"] "go to a step, an epoch's end, a snapshot, or the best epoch" "" ["rewind to step 120", "rewind to epoch 3", "rewind to best"] time::rewind;
        "branch" ["branch NAME"] "go on from here under another name" "" ["branch small"] time::branch;
        "switch" ["switch BRANCH"] "go to another branch" "" ["switch main"] time::switch;
        "compare" ["compare PLACE PLACE"] "two branches or snapshots side by side" "" ["compare main small"] time::compare;
        "log" ["log"] "the tree of branches and snapshots" "" ["log"] time::log;
    }
    "Keep" {
        "save" ["save model FILE", "save session FILE"] "write the model, or the session with all its past" "A session is opened by `nnrun repl FILE` and goes on to the same bits." ["save model \"fraud.safetensors\"", "save session \"work.session\""] keep::save;
        "digest" ["digest"] "a hash of weights, optimiser state and counters" "Two sessions with the same one go on to the same bits." ["digest"] keep::digest;
    }
    "Help" {
        "help" ["help [COMMAND]"] "this list, or what there is to a command" "" ["help", "help rewind"] help;
        "info" ["info THING"] "documentation of anything in the library or the program" "" ["info BatchNorm1d", "info adam"] info;
        "quit" ["quit"] "leave" "" ["quit"] quit;
    }
}

pub fn find(name: &str) -> Option<&'static Command> {
    COMMANDS.iter().find(|c| c.name == name)
}

/// `undo entry` takes itself out of the journal.
pub fn is_undo_entry(text: &str) -> bool {
    text.split_whitespace().eq(["undo", "entry"])
}

fn help(_: &mut Lab, given: &Given, sink: &mut dyn Sink) -> Result<(), Refused> {
    if given.values.is_empty() {
        let mut group = "";
        let mut table = Table::default();
        for command in COMMANDS {
            if command.group != group {
                if !group.is_empty() {
                    sink.say(Reply::Table(std::mem::take(&mut table)));
                }
                group = command.group;
                table = Table::new("", &[(group, false), ("", false)]);
            }
            table.rows.push(vec![command.name.to_string(), command.help.to_string()]);
        }
        sink.say(Reply::Table(table));
        sink.line(
            "Anything else is the language: an expression is computed, an item defines or redefines.".to_string(),
        );
        sink.aside("`help COMMAND` and `info NAME` say more".to_string());
        return Ok(());
    }
    let Some(command) = find(given.text(0)) else {
        let d = super::form::unknown("command", given.text(0), COMMANDS.iter().map(|c| c.name));
        return Err(d.help(format!("`info {}` looks it up in the library", given.text(0))).into());
    };
    let mut out = format!("{}: {}\n", command.name, command.help);
    if !command.about.is_empty() {
        out.push_str(&format!("{}\n", command.about));
    }
    out.push_str(&format!("\n  {}\n", command.forms.join("\n  ")));
    out.push_str(&format!("\nfor example\n  {}", command.examples.join("\n  ")));
    sink.say(Reply::Text(out));
    Ok(())
}

fn info(lab: &mut Lab, given: &Given, sink: &mut dyn Sink) -> Result<(), Refused> {
    let name = given.text(0);
    let mut found = false;
    let checked = lab.checked();
    if let Some(text) = super::change::item_text(&lab.version().text, name) {
        sink.say(Reply::Text(text));
        found = true;
    }
    if let Some(data) = checked.program.data.iter().find(|d| *d.name == *name) {
        let rows = data.table.as_ref().map_or(0, |t| t.rows());
        sink.line(format!("{} of `{name}`", crate::text::format::counted(rows as u64, "row")));
    }
    if !found && let Some(text) = session::documentation(Some(name)) {
        sink.say(Reply::Text(text.trim_end().to_string()));
        found = true;
    }
    if !found && find(name).is_some() {
        return help(lab, given, sink);
    }
    if found {
        return Ok(());
    }
    let own = checked.program.world.scope.names();
    let known: Vec<&str> = own.iter().map(|n| &**n).chain(session::documented_names()).collect();
    let near = crate::text::closest(name, known);
    let d = super::form::refuse(format!("there is no documentation of `{name}`"));
    Err(near.map_or(d.clone(), |n| d.help(format!("did you mean `{n}`?"))).into())
}

fn quit(lab: &mut Lab, _: &Given, _: &mut dyn Sink) -> Result<(), Refused> {
    lab.quit = true;
    Ok(())
}
