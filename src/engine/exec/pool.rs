//! Threads that wait for parts of steps. Handing over to a thread that is still awake takes about a tenth of a
//! microsecond, since it waits by looking; after some tens of microseconds without work it goes to sleep.

use std::cell::UnsafeCell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread::{self, JoinHandle, Thread};

/// How often a worker looks for work before it sleeps: about 50 us.
const LOOKS: u32 = 3000;
/// How often the caller looks for the end of the others' parts before it lets them have its processor.
const PATIENCE: u32 = 3000;

/// What a part is run by: takes the part's number.
type Job = *const (dyn Fn(usize) + Sync);

/// The job at hand, and who works on it.
#[derive(Debug)]
struct Shared {
    /// Number of the job (upper half), its parts, and the next part that nobody has taken (16 bits each). One word, so
    /// that a part is taken of the very job that was seen: a worker that comes late can't touch the next one's.
    state: AtomicU64,
    job: UnsafeCell<Option<Job>>,
    done: AtomicUsize,
    sleepers: AtomicUsize,
    failed: AtomicBool,
    stop: AtomicBool,
}

// SAFETY: `job` is written by the one caller (see `Pool::busy`) while no part of any job is taken or left, and read only
// by those who have taken a part of the job that it belongs to; taking acquires what publishing the job released. What
// the job points to is `Sync`.
unsafe impl Sync for Shared {}
// SAFETY: as above; the pointer is not used before or after a job.
unsafe impl Send for Shared {}

impl Shared {
    /// Takes a part of the job at hand.
    fn take(&self) -> Option<usize> {
        let mut state = self.state.load(Ordering::Acquire);
        loop {
            let (parts, next) = (state >> 16 & 0xFFFF, state & 0xFFFF);
            if next >= parts {
                return None;
            }
            match self.state.compare_exchange_weak(state, state + 1, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return Some(next as usize),
                Err(now) => state = now,
            }
        }
    }

    /// Runs parts until none is left to take.
    fn work(&self) {
        while let Some(part) = self.take() {
            // SAFETY: a taken part is not done, so its job is still the one at hand, and what it borrows still there.
            let outcome = unsafe { (*self.job.get()).map(|job| catch_unwind(AssertUnwindSafe(|| (*job)(part)))) };
            if !matches!(outcome, Some(Ok(()))) {
                self.failed.store(true, Ordering::Relaxed);
            }
            self.done.fetch_add(1, Ordering::Release);
        }
    }

    fn has_work(&self) -> bool {
        let state = self.state.load(Ordering::SeqCst);
        (state & 0xFFFF) < (state >> 16 & 0xFFFF) || self.stop.load(Ordering::SeqCst)
    }

    /// What a worker does all its life.
    fn serve(&self) {
        while !self.stop.load(Ordering::SeqCst) {
            self.work();
            let mut looks = 0;
            while !self.has_work() {
                looks += 1;
                if looks < LOOKS {
                    std::hint::spin_loop();
                    continue;
                }
                // Announced before the last look: a caller that sees no sleeper has published its job before that look.
                self.sleepers.fetch_add(1, Ordering::SeqCst);
                if !self.has_work() {
                    thread::park();
                }
                self.sleepers.fetch_sub(1, Ordering::SeqCst);
                looks = 0;
            }
        }
    }
}

/// Some threads beside the caller's.
#[derive(Debug)]
pub struct Pool {
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<()>>,
    sleepers: Vec<Thread>,
    busy: AtomicBool,
}

impl Pool {
    fn new(threads: usize) -> Pool {
        let shared = Arc::new(Shared {
            state: AtomicU64::new(0),
            job: UnsafeCell::new(None),
            done: AtomicUsize::new(0),
            sleepers: AtomicUsize::new(0),
            failed: AtomicBool::new(false),
            stop: AtomicBool::new(false),
        });
        let spawn = |i: usize| {
            let shared = shared.clone();
            thread::Builder::new().name(format!("engine-{i}")).spawn(move || shared.serve()).ok()
        };
        // A thread that the system refuses is no loss but of time: its parts are done by the others.
        let workers: Vec<JoinHandle<()>> = (1..threads).filter_map(spawn).collect();
        let sleepers = workers.iter().map(|w| w.thread().clone()).collect();
        Pool { shared, workers, sleepers, busy: AtomicBool::new(false) }
    }

    /// The pool of so many threads, the caller's included; one for all who ask while one of them keeps it.
    pub fn of(threads: usize) -> Arc<Pool> {
        static POOLS: Mutex<Vec<(usize, Weak<Pool>)>> = Mutex::new(Vec::new());
        let mut pools = POOLS.lock().unwrap_or_else(PoisonError::into_inner);
        pools.retain(|(_, pool)| pool.strong_count() > 0);
        if let Some(pool) = pools.iter().find(|(n, _)| *n == threads).and_then(|(_, pool)| pool.upgrade()) {
            return pool;
        }
        let pool = Arc::new(Pool::new(threads));
        pools.push((threads, Arc::downgrade(&pool)));
        pool
    }

    /// Runs `job(0)` to `job(parts - 1)`, each once, on any of the threads, and returns when all are done.
    pub fn run(&self, parts: usize, job: &(dyn Fn(usize) + Sync)) {
        let few = !(2..=0xFFFF).contains(&parts) || self.workers.is_empty();
        if few || self.busy.swap(true, Ordering::Acquire) {
            // Someone else's job is under way: waiting for its end would take longer.
            (0..parts).for_each(job);
            return;
        }
        let shared = &*self.shared;
        // SAFETY: only the lifetime is forgotten; the job is not used after this function, which waits for all parts.
        let job = unsafe { std::mem::transmute::<*const (dyn Fn(usize) + Sync + '_), Job>(job) };
        // SAFETY: nobody has a part of the last job, and there is no new one yet: nobody reads it.
        unsafe { *shared.job.get() = Some(job) };
        shared.done.store(0, Ordering::Relaxed);
        let number = (shared.state.load(Ordering::Relaxed) >> 32) as u32;
        let state = u64::from(number.wrapping_add(1)) << 32 | (parts as u64) << 16;
        shared.state.store(state, Ordering::SeqCst);
        if shared.sleepers.load(Ordering::SeqCst) > 0 {
            self.sleepers.iter().for_each(Thread::unpark);
        }
        shared.work();
        let mut looks = 0;
        while shared.done.load(Ordering::Acquire) < parts {
            looks += 1;
            if looks < PATIENCE { std::hint::spin_loop() } else { thread::yield_now() }
        }
        let failed = shared.failed.swap(false, Ordering::Relaxed);
        self.busy.store(false, Ordering::Release);
        if failed {
            resume_unwind(Box::new("a part of a step panicked"));
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        self.sleepers.iter().for_each(Thread::unpark);
        for worker in self.workers.drain(..) {
            // A worker ends without a panic: those of jobs are caught.
            let _ = worker.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_runs_once_whatever_the_threads() {
        for threads in [1, 2, 3, 8] {
            let pool = Pool::of(threads);
            for round in 0..2000usize {
                let parts = round % 9;
                let counts: Vec<AtomicUsize> = (0..9).map(|_| AtomicUsize::new(0)).collect();
                pool.run(parts, &|i| {
                    counts[i].fetch_add(1, Ordering::Relaxed);
                });
                let counts: Vec<usize> = counts.iter().map(|c| c.load(Ordering::Relaxed)).collect();
                assert!(counts.iter().enumerate().all(|(i, &c)| c == usize::from(i < parts)), "{threads} {counts:?}");
            }
        }
    }

    #[test]
    fn workers_wake_up_from_sleep() {
        let pool = Pool::of(2);
        for _ in 0..5 {
            thread::sleep(std::time::Duration::from_millis(3));
            let sum = AtomicUsize::new(0);
            pool.run(4, &|i| {
                sum.fetch_add(i, Ordering::Relaxed);
            });
            assert_eq!(sum.into_inner(), 6);
        }
    }

    #[test]
    fn jobs_from_several_threads_and_within_jobs_do_not_wait_for_each_other() {
        let pool = Pool::of(3);
        let total = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..200 {
                        pool.run(3, &|_| {
                            pool.run(2, &|_| {
                                total.fetch_add(1, Ordering::Relaxed);
                            });
                        });
                    }
                });
            }
        });
        assert_eq!(total.into_inner(), 4 * 200 * 6);
    }

    #[test]
    fn a_panic_reaches_the_caller_and_leaves_the_pool_usable() {
        let pool = Pool::of(2);
        let caught = catch_unwind(AssertUnwindSafe(|| pool.run(4, &|i| assert_ne!(i, 2))));
        assert!(caught.is_err());
        let count = AtomicUsize::new(0);
        pool.run(4, &|_| {
            count.fetch_add(1, Ordering::Relaxed);
        });
        assert_eq!(count.into_inner(), 4);
    }
}
