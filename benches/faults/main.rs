//! `cargo bench --bench faults` prints the table of the fault benchmark (see `tests/faults`);
//! `cargo bench --bench faults -- sound` looks for false alarms: the examples with five seeds each, and random models;
//! `cargo bench --bench faults -- cost --data DIR [NAME…]` says what the probes cost on the workloads in `benches/workloads`.

#[path = "../../tests/faults/cases.rs"]
mod cases;
mod cost;
#[path = "../../tests/faults/random.rs"]
mod random;
mod sound;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|w| w != "--bench").collect();
    match words.first().map(String::as_str) {
        None => benchmark(),
        Some("sound") => sound::report(),
        Some("cost") if words.get(1).is_some_and(|w| w == "--data") && words.len() > 2 => {
            cost::report(words[2].as_ref(), &words[3..]);
        }
        _ => {
            eprintln!("cargo bench --bench faults -- [sound | cost --data DIR [NAME…]]");
            std::process::exit(2)
        }
    }
}

fn benchmark() {
    let collections = [&cases::FIRST, &cases::SECOND];
    let all: Vec<_> = collections.iter().map(|c| (*c, c.run())).collect();
    let parts: Vec<_> = all.iter().map(|(c, cases)| (*c, cases.as_slice())).collect();
    println!("{}", cases::figures(&parts));
    for (collection, cases) in &parts {
        println!("{}:\n\n{}", collection.folder, cases::table(collection, cases));
        let missing = collection.size as usize - cases.len() - collection.left_out().len();
        if missing > 0 {
            println!("{missing} of {} cases are neither here nor left out", collection.size);
        }
    }
}
