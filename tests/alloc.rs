//! A step that has run before allocates nothing.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use nnrun::diag::Diagnostic;
use nnrun::engine::exec::{Arena, Call, Executable, Options};
use nnrun::engine::gradient::gradient;
use nnrun::engine::graph::{Graph, InputId, Op, Place, SlotId};
use nnrun::engine::program::{InputInfo, Program, SlotInfo};
use nnrun::engine::random::Key;
use nnrun::session::{self, Listener};
use nnrun::text::Sources;
use nnrun::train::Outcome;
use nnrun::train::event::Event;
use nnrun::types::{Axis, Shape};

struct Counting;

thread_local! {
    /// Allocations of this thread: tests run beside each other.
    static COUNT: Cell<usize> = const { Cell::new(0) };
}

fn count() -> usize {
    COUNT.with(Cell::get)
}

// SAFETY: everything is passed on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // A thread that ends has no counter any more.
        let _ = COUNT.try_with(|c| c.set(c.get() + 1));
        // SAFETY: passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: passed on.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// A layer with dropout, a sort, and a gradient step on its weights.
fn program() -> Program {
    let mut graph = Graph::default();
    let mut at = graph.at_place(&Place::default());
    let x = at.node_shaped(Op::Input(InputId(0)), &[], Shape(vec![Axis::batch(), Axis::new(40)]));
    let w = at.node_shaped(Op::Slot(SlotId(0)), &[], Shape::of([30, 40]));
    let t = at.transpose(w);
    let z = at.matmul(x, t);
    let shape = at.shape(z).clone();
    let u = at.node_shaped(Op::Lots { stream: 1 }, &[], shape);
    let p = at.constant(0.5);
    let keep = at.less(u, p);
    let y = at.mul(z, keep);
    let y = at.sigmoid(y);
    let order = at.node(Op::ArgSort { axis: 1 }, &[y]);
    let rows = at.sum(y, &[0]);
    let loss = at.sum_all(y);
    let g = gradient(&mut graph, loss, &[w])[0].unwrap();
    let mut at = graph.at_place(&Place::default());
    let step = at.scale(g, 0.01);
    let new = at.sub(w, step);
    Program {
        graph,
        inputs: vec![InputInfo { name: "x".into(), shape: vec![40] }],
        slots: vec![SlotInfo { path: "w".into(), shape: vec![30, 40], offset: 0 }],
        scalars: Vec::new(),
        outputs: vec![loss, rows, order],
        updates: vec![(SlotId(0), new)],
    }
}

#[test]
fn a_step_allocates_nothing() {
    let program = program();
    let options = Options { max_rows: 64, ..Options::default() };
    let mut executable = Executable::compile(&program, &options).unwrap();
    let mut slots = Arena::new(1200);
    slots.iter_mut().enumerate().for_each(|(i, x)| *x = (i % 7) as f32 * 0.1 - 0.3);
    let x: Vec<f32> = (0..64 * 40).map(|i| (i % 11) as f32 * 0.1 - 0.5).collect();
    let mut run = |rows: usize, step: u64| {
        let inputs: [&[f32]; 1] = [&x[..rows * 40]];
        let call = Call { rows, key: Key(step), inputs: &inputs, scalars: &[], slots: &mut slots };
        executable.run(call).unwrap();
        executable.output(0)[0]
    };
    // The first run with a number of rows may: it compiles.
    let before_compiling = count();
    run(64, 0);
    run(17, 1);
    let before = count();
    assert!(before > before_compiling, "the counter does not count");
    let sum: f32 = (2..50).map(|step| run(if step % 5 == 0 { 17 } else { 64 }, step)).sum();
    assert_eq!(count() - before, 0);
    assert!(sum.is_finite());
}

struct Silent;

impl Listener for Silent {
    fn event(&mut self, _: &Event) {}
    fn diagnostics(&mut self, _: &[Diagnostic], _: &Sources) {}
    fn interrupted(&self) -> bool {
        false
    }
}

const TRAINING: &str = "
data points {
  source = generate(300, seed = 1) { a ~ normal(0, 1); b ~ normal(0, 1); y ~ bernoulli(sigmoid(a - b)) }
  target y: binary
}
model Net(x: points.features) -> prob { Linear(16); BatchNorm1d; ReLU; Dropout(0.2); Linear(1); Sigmoid }
train { loss = bce; optimizer = adam(lr = 0.01 * cosine(progress)); clip = norm(1); batch_size = 32; epochs = 4 }
";

/// Order, batch, forward, backward, clipping, schedule and update; the end of an epoch may allocate.
#[test]
fn a_step_of_a_training_allocates_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("training.nn");
    std::fs::write(&path, TRAINING).unwrap();
    let checked = session::load(&path, &[]);
    let errors: Vec<&str> = checked.diagnostics.iter().map(|d| d.message.as_str()).collect();
    let options = session::Options { seed: Some(1), threads: 1, out: None, timing: false, probes: false };
    let mut run =
        session::first_training(&checked, options, &mut Silent).unwrap_or_else(|d| panic!("{d:?} {errors:?}"));
    let mut quiet = 0;
    for step in 0.. {
        let before = count();
        match run.advance().unwrap() {
            Outcome::Finished => break,
            Outcome::Stepped(report) if report.epoch.is_some() => {}
            // In the first epoch batches of both sizes are compiled and vectors find their lengths.
            Outcome::Stepped(_) if step < 11 => {}
            Outcome::Stepped(_) => {
                assert_eq!(count() - before, 0, "step {step}");
                quiet += 1;
            }
        }
    }
    assert!(quiet > 20, "{quiet}");
}
