//! `cargo bench --bench faults` prints the table of the fault benchmark (see `tests/faults`);
//! `cargo bench --bench faults -- sound` looks for false alarms: the examples with five seeds each, and random models.

#[path = "../../tests/faults/cases.rs"]
mod cases;
mod sound;

fn main() {
    if std::env::args().any(|a| a == "sound") {
        return sound::report();
    }
    let all = cases::all();
    println!("{}", cases::table(&all));
    let missing = cases::ALL as usize - all.len() - cases::left_out().len();
    if missing > 0 {
        println!("{missing} of {} cases are neither here nor left out", cases::ALL);
    }
}
