use std::time::{Duration, Instant};

use crate::engine::graph::NodeId;
use crate::engine::kernels::Isa;
use crate::engine::kernels::gemm::Gemm;
use crate::engine::program::Program;
use crate::engine::random::Key;

use super::memory::Base;
use super::plan::Plan;
use super::run_pass::Machine;
use super::run_step::{self, Bases};
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
    starts: Pointers,
    places: Pointers,
    profiled: bool,
}

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
            starts: Pointers::default(),
            places: Pointers::default(),
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
        let mut machine = Machine {
            bases: &self.bases.0,
            scratch: self.scratch.as_mut_ptr(),
            starts: &mut self.starts.0,
            places: &mut self.places.0,
            key: call.key,
        };
        for (i, step) in plan.steps.iter().enumerate() {
            let start = self.profiled.then(Instant::now);
            // SAFETY: the plan's places lie within the arena, the scratch memory, the constants, and the inputs, scalars
            // and slots whose lengths were checked; plans write to the arena, the scratch memory and slots only.
            unsafe { run_step(step, &mut machine, &self.gemm)? }
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
        let plan = Plan::new(&self.program, rows, self.options.isa, self.options.fuse)?;
        self.arena.grow(plan.arena);
        self.scratch.grow(plan.scratch);
        let places = self.places.0.len().max(plan.places);
        self.places.0.resize(places, std::ptr::null_mut());
        self.starts.0.resize(places, std::ptr::null_mut());
        self.plans.truncate(PLANS - 1);
        self.plans.insert(0, plan);
        Ok(())
    }
}

/// # Safety
/// The plan that the step is of fits the memory that the machine works on.
unsafe fn run_step(step: &Step, machine: &mut Machine, gemm: &Gemm) -> Result<(), Fault> {
    let bases = Bases(machine.bases);
    // SAFETY: passed on.
    unsafe {
        match step {
            Step::Pass(pass) => machine.run(pass)?,
            Step::MatMul(x) => run_step::matmul(x, bases, gemm, machine.scratch),
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
