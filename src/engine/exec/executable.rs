use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::engine::graph::NodeId;
use crate::engine::kernels::Isa;
use crate::engine::kernels::gemm::Gemm;
use crate::engine::program::Program;
use crate::engine::random::Key;

use super::memory::Base;
use super::plan::Plan;
use super::pool::Pool;
use super::run_pass::Machine;
use super::run_step::{self, Bases};
use super::split;
use super::step::Step;
use super::{Arena, CompileFault, Fault};

/// How a program is executed.
#[derive(Debug, Clone)]
pub struct Options {
    /// The rows that memory is laid out for at once; more are possible.
    pub max_rows: usize,
    pub threads: usize,
    pub isa: Isa,
    /// Off for tests and comparisons: each operation in a pass of its own.
    pub fuse: bool,
}

impl Default for Options {
    fn default() -> Self {
        Options { max_rows: 0, threads: 1, isa: Isa::detect(), fuse: true }
    }
}

/// What one run reads and writes.
#[derive(Debug)]
pub struct Call<'a> {
    /// The extent of the batch axis.
    pub rows: usize,
    pub key: Key,
    /// For each input of the program, its rows one behind the other.
    pub inputs: &'a [&'a [f32]],
    pub scalars: &'a [f32],
    /// The memory that the offsets of slots refer to; best an [`Arena`]'s.
    pub slots: &'a mut [f32],
}

/// Plans that are kept, the one used last in front.
const PLANS: usize = 8;

/// A compiled program with the memory it runs in.
#[derive(Debug)]
pub struct Executable {
    program: Program,
    options: Options,
    gemm: Gemm,
    plans: Vec<Plan>,
    arena: Arena,
    scratch: Arena,
    bases: Pointers,
    /// Room for the places of a pass, for each part of a step.
    places: Vec<usize>,
    /// Of one part of a step.
    scratch_len: usize,
    places_len: usize,
    /// The most parts of a step.
    parts: usize,
    /// Of the threads, once there is a step that is divided among them.
    pool: Option<Arc<Pool>>,
    profiled: bool,
}

/// Numbers in a cache line, with one line between what different threads write.
const LINE: usize = 32;

/// What one step of a plan does, and the time it took since the profile was started.
#[derive(Debug, Clone)]
pub struct StepTime {
    pub what: String,
    /// The nodes whose values it computes.
    pub nodes: Vec<NodeId>,
    pub time: Duration,
}

/// Room for pointers that are valid during a run only.
#[derive(Debug, Default)]
struct Pointers(Vec<*mut f32>);

// SAFETY: the pointers are written anew before each use; between runs nobody reads them.
unsafe impl Send for Pointers {}
// SAFETY: as above; a shared reference gives no access to them.
unsafe impl Sync for Pointers {}

impl Executable {
    /// Compiles a program whose derivatives and rewrites are done, and lays out memory for `max_rows` rows.
    pub fn compile(program: &Program, options: &Options) -> Result<Executable, CompileFault> {
        let mut executable = Executable {
            program: program.clone(),
            gemm: Gemm::new(options.isa),
            options: options.clone(),
            plans: Vec::new(),
            arena: Arena::default(),
            scratch: Arena::default(),
            bases: Pointers(vec![std::ptr::null_mut(); 4 + program.inputs.len()]),
            places: Vec::new(),
            scratch_len: 0,
            places_len: 0,
            parts: 1,
            pool: None,
            profiled: false,
        };
        executable.plan(options.max_rows)?;
        Ok(executable)
    }

    /// Computes the outputs and writes the updates. Allocates only for a number of rows that was not used lately.
    pub fn run(&mut self, call: Call<'_>) -> Result<(), Fault> {
        self.plan(call.rows)?;
        let plan = &mut self.plans[0];
        check(plan, &call)?;
        let bases = &mut self.bases.0;
        bases[Base::ARENA.0 as usize] = self.arena.as_mut_ptr();
        bases[Base::SLOTS.0 as usize] = call.slots.as_mut_ptr();
        bases[Base::CONSTANTS.0 as usize] = plan.constants.as_ptr().cast_mut();
        bases[Base::SCALARS.0 as usize] = call.scalars.as_ptr().cast_mut();
        for (base, input) in bases[4..].iter_mut().zip(call.inputs) {
            *base = input.as_ptr().cast_mut();
        }
        let scratch = self.scratch.as_mut_ptr();
        plan.link(bases, scratch);
        // Places are kept as addresses from run to run: here they get their pointers' permission to be used.
        bases.iter().chain([&scratch]).for_each(|p| _ = p.expose_provenance());
        let room = Room {
            bases: &self.bases.0,
            scratch,
            scratch_len: self.scratch_len,
            starts: &plan.starts,
            places: self.places.as_mut_ptr(),
            places_len: self.places_len,
            key: call.key,
        };
        for (i, (step, &parts)) in plan.steps.iter().zip(&plan.parts).enumerate() {
            let start = self.profiled.then(Instant::now);
            // SAFETY: the plan's places lie within the arena, the scratch memory, the constants, and the inputs, scalars
            // and slots whose lengths were checked; plans write to the arena, the scratch memory and slots only. Parts
            // of a step write to different places (see `split`), each with scratch memory and places of its own.
            unsafe {
                match &self.pool {
                    Some(pool) if parts > 1 => {
                        pool.run(parts, &|part| run_part(step, (part, parts), &room, &self.gemm))
                    }
                    _ => run_step(step, &mut room.machine(0), &self.gemm)?,
                }
            }
            if let (Some(start), Some(time)) = (start, plan.times.get_mut(i)) {
                *time += start.elapsed();
            }
        }
        Ok(())
    }

    /// An output of the last run, row by row. Empty if there is no such output.
    pub fn output(&self, index: usize) -> &[f32] {
        let place = self.plans.first().and_then(|plan| plan.outputs.get(index));
        place.and_then(|&(address, len)| self.arena.get(address.offset..address.offset + len)).unwrap_or_default()
    }

    /// Bytes of the memory it holds.
    pub fn memory(&self) -> usize {
        let constants: usize = self.plans.iter().map(|p| p.constants.len()).sum();
        (self.arena.len() + self.scratch.len() + constants) * size_of::<f32>()
    }

    /// Steps of the plan used last: for tests and comparisons.
    pub fn steps(&self) -> usize {
        self.plans.first().map_or(0, |p| p.steps.len())
    }

    /// Steps of the plan used last that are divided among threads: for tests.
    pub fn divided(&self) -> usize {
        self.plans.first().map_or(0, |p| p.parts.iter().filter(|&&parts| parts > 1).count())
    }

    /// From now on, measures the time of each step.
    pub fn start_profile(&mut self) {
        self.profiled = true;
        self.plans.iter_mut().for_each(|p| p.times.fill(Duration::ZERO));
    }

    /// The steps of the plans that were used lately.
    pub fn profile(&self) -> Vec<StepTime> {
        let of_plan = |plan: &Plan| {
            let steps = plan.steps.iter().zip(&plan.nodes).zip(&plan.times);
            let steps = steps.map(|((step, nodes), time)| StepTime {
                what: step.to_string(),
                nodes: nodes.clone(),
                time: *time,
            });
            steps.collect::<Vec<_>>()
        };
        self.plans.iter().flat_map(of_plan).collect()
    }

    /// Brings the plan for a number of rows to the front.
    fn plan(&mut self, rows: usize) -> Result<(), CompileFault> {
        if let Some(i) = self.plans.iter().position(|p| p.rows == rows) {
            self.plans[..=i].rotate_right(1);
            return Ok(());
        }
        let plan = Plan::new(&self.program, rows, &self.options)?;
        let most = plan.parts.iter().copied().max().unwrap_or(1);
        if most > 1 && self.pool.is_none() {
            self.pool = Some(Pool::of(self.options.threads));
        }
        self.parts = self.parts.max(most);
        self.arena.grow(plan.arena);
        self.scratch_len = self.scratch_len.max(plan.scratch.next_multiple_of(LINE));
        self.scratch.grow(self.scratch_len * self.parts);
        self.places_len = self.places_len.max(plan.places);
        self.places.resize(self.places_len * self.parts, 0);
        self.plans.truncate(PLANS - 1);
        self.plans.insert(0, plan);
        Ok(())
    }
}

/// The memory of a run, as parts of steps share it.
struct Room<'a> {
    bases: &'a [*mut f32],
    scratch: *mut f32,
    /// Of one part, as the others.
    scratch_len: usize,
    starts: &'a [usize],
    places: *mut usize,
    places_len: usize,
    key: Key,
}

// SAFETY: what the pointers lead to is shared by parts that write to different places only; each part has a region of
// the scratch memory and of the places of its own.
unsafe impl Sync for Room<'_> {}

impl Room<'_> {
    /// What one part runs on.
    ///
    /// # Safety
    /// The part's number is below the threads that memory was laid out for, and no other machine of it is in use.
    unsafe fn machine(&self, part: usize) -> Machine<'_> {
        let shift = part * self.scratch_len;
        // SAFETY: regions of different parts do not overlap, and that of this part has no other user.
        let places =
            unsafe { std::slice::from_raw_parts_mut(self.places.add(part * self.places_len), self.places_len) };
        Machine {
            bases: self.bases,
            scratch: self.scratch.wrapping_add(shift),
            starts: self.starts,
            shift: shift * size_of::<f32>(),
            places,
            key: self.key,
        }
    }
}

/// # Safety
/// As [`run_step`], for a step that `split` divides into so many parts.
unsafe fn run_part(step: &Step, (part, parts): (usize, usize), room: &Room, gemm: &Gemm) {
    // SAFETY: passed on; a part runs once.
    unsafe {
        let mut machine = room.machine(part);
        match step {
            Step::MatMul(x) => run_step::matmul(x, (part, parts), Bases(machine.bases), gemm, machine.scratch),
            Step::Pass(pass) => {
                // What is divided has no checks, so nothing fails.
                let _ = machine.run(pass, split::of_pass(pass.rows, pass.tile, part, parts));
            }
            _ => {}
        }
    }
}

/// # Safety
/// The plan that the step is of fits the memory that the machine works on.
unsafe fn run_step(step: &Step, machine: &mut Machine, gemm: &Gemm) -> Result<(), Fault> {
    let bases = Bases(machine.bases);
    // SAFETY: passed on.
    unsafe {
        match step {
            Step::Pass(pass) => machine.run(pass, 0..pass.rows)?,
            Step::MatMul(x) => run_step::matmul(x, (0, 1), bases, gemm, machine.scratch),
            Step::Move(x) => run_step::copy(x, bases),
            Step::Zero { to, len } => run_step::zero(*to, *len, bases),
            Step::ArgMax(x) => run_step::arg_max(x, bases),
            Step::ArgSort(x) => run_step::arg_sort(x, bases),
            Step::CumSum(x) => run_step::cum_sum(x, bases),
            Step::Take(x) => run_step::take(x, bases)?,
            Step::Scatter(x) => run_step::scatter(x, bases)?,
        }
    }
    Ok(())
}

/// Whether the call's memory is as long as the plan takes it to be.
fn check(plan: &Plan, call: &Call) -> Result<(), Fault> {
    for (index, &expected) in plan.inputs.iter().enumerate() {
        let found = call.inputs.get(index).map_or(0, |i| i.len());
        if found != expected {
            return Err(Fault::Input { index, found, expected });
        }
    }
    if call.scalars.len() != plan.scalars {
        return Err(Fault::Scalars { found: call.scalars.len(), expected: plan.scalars });
    }
    if call.slots.len() < plan.slots {
        return Err(Fault::Slots { found: call.slots.len(), expected: plan.slots });
    }
    Ok(())
}
