//! `lesson FILE`: reads a lesson's file, plays its solution, and says what is wrong with either.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use hellok8s_lab::lessons::{Lesson, play};

/// Checks a lesson, and prints what its solution does.
pub fn run(path: &Path) -> Result<(), String> {
    let shown = path.display();
    let text = fs::read_to_string(path).map_err(|error| format!("{shown}: {error}"))?;
    let lesson = Lesson::parse(&shown.to_string(), &text).map_err(|problems| {
        let lines = problems.iter().map(|problem| {
            let (line, column, message) = (problem.line, problem.column, &problem.message);
            format!("{shown}:{line}:{column}: {message}")
        });
        format!("the lesson cannot be read\n{}", lines.collect::<Vec<_>>().join("\n"))
    })?;
    let played = play::play(&Arc::new(lesson));
    print!("{}", played.transcript);
    if !played.failures.is_empty() {
        return Err(played.failures.join("\n"));
    }
    println!("\n# solved with {} commands", played.commands);
    Ok(())
}
