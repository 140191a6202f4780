//! A step that has run before allocates nothing.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};

use nnrun::engine::exec::{Arena, Call, Executable, Options};
use nnrun::engine::gradient::gradient;
use nnrun::engine::graph::{Graph, InputId, Op, Place, SlotId};
use nnrun::engine::program::{InputInfo, Program, SlotInfo};
use nnrun::engine::random::Key;
use nnrun::types::{Axis, Shape};

struct Counting;

static COUNT: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static COUNTED: Cell<bool> = const { Cell::new(false) };
}

// SAFETY: everything is passed on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // Only the test's own thread: the one that waits for it may print or take notes at any time.
        if COUNTED.try_with(Cell::get).unwrap_or(false) {
            COUNT.fetch_add(1, Ordering::Relaxed);
        }
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
    let u = at.node_shaped(Op::Uniform { stream: 1 }, &[], shape);
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
    COUNTED.set(true);
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
    let before_compiling = COUNT.load(Ordering::Relaxed);
    run(64, 0);
    run(17, 1);
    let before = COUNT.load(Ordering::Relaxed);
    assert!(before > before_compiling, "the counter does not count");
    let sum: f32 = (2..50).map(|step| run(if step % 5 == 0 { 17 } else { 64 }, step)).sum();
    assert_eq!(COUNT.load(Ordering::Relaxed) - before, 0);
    assert!(sum.is_finite());
}
