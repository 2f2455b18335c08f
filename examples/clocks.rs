//! Runs the benchmarks of one executable against themselves, and says by how much two processes of the same code differ by each
//! clock: what a round of `regress ab` sees where nothing changed.
//!
//! ```text
//! cargo run --release --example clocks -- EXECUTABLE ROUNDS [OPTIONS FOR CRITERION]
//! ```
//!
//! A line a process goes to standard output: round, side, benchmark, wall and CPU time of an iteration in nanoseconds, what code
//! around the iterations may have added, waits, preemptions, steal. `scripts/ab_clocks.sh` makes tables of them.

use std::path::Path;
use std::process::ExitCode;

use criterion_regress::runner::{Executable, Guard, Idle, Invocation, Order, Suite};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [path, rounds, options @ ..] = arguments.as_slice() else {
        eprintln!("usage: clocks EXECUTABLE ROUNDS [OPTIONS FOR CRITERION]");
        return ExitCode::from(2);
    };
    match run(path, rounds, options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::from(2)
        }
    }
}

fn run(path: &str, rounds: &str, options: &[String]) -> Result<(), String> {
    let rounds: usize = rounds.parse().map_err(|e| format!("{rounds}: {e}"))?;
    let scratch = std::env::temp_dir().join(format!("regress-clocks-{}", std::process::id()));
    std::fs::create_dir(&scratch).map_err(|e| format!("{}: {e}", scratch.display()))?;
    let done = measure(path, rounds, options, &scratch);
    let _ = std::fs::remove_dir_all(&scratch);
    done
}

fn measure(path: &str, rounds: usize, options: &[String], scratch: &Path) -> Result<(), String> {
    let path = std::path::absolute(path).map_err(|e| format!("{path}: {e}"))?;
    let executable = Executable { name: String::new(), path, folder: None };
    let invocation = Invocation { arguments: options.to_vec(), variables: Vec::new() };
    let suite = Suite::open(executable, &invocation, scratch, &Guard::default()).map_err(|e| e.to_string())?;
    let mut idle = vec![Idle::SelectsNothing; suite.ids.len()];
    let all: Vec<usize> = (0..suite.ids.len()).collect();
    let mut order = Order::new(1);
    println!("round\tside\tid\twall\tcpu\taround\twaits\tpreemptions\tsteal");
    for round in 0..rounds {
        for step in order.round(&all) {
            let id = &suite.ids[step.job];
            for side in if step.candidate_first { [1, 0] } else { [0, 1] } {
                let measured = suite.run(id, idle[step.job]).map_err(|e| format!("{id}: {e}"))?;
                if side == usize::from(!step.candidate_first) && round == 0 {
                    let executions = measured.iter().map(|benchmark| benchmark.executions.first());
                    idle[step.job] = Idle::after(executions.map(|execution| execution.cpu.as_ref()));
                }
                for execution in measured.iter().flat_map(|benchmark| benchmark.executions.iter()) {
                    let Some(cpu) = execution.cpu else { continue };
                    let number = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| value.to_string());
                    println!(
                        "{round}\t{side}\t{id}\t{}\t{}\t{}\t{}\t{}\t{}",
                        execution.typical,
                        number(cpu.per_iteration),
                        number(cpu.around),
                        cpu.waits,
                        cpu.preemptions,
                        number(cpu.steal)
                    );
                }
            }
        }
    }
    Ok(())
}
