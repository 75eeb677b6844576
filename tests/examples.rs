//! The examples say what they say they do.

// A test that meets what it does not expect has failed: it may panic.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, dead_code)]

#[path = "../examples/forecast.rs"]
mod forecast;
#[path = "../examples/image.rs"]
mod image;
#[path = "../examples/lesson.rs"]
mod lesson;
#[path = "../examples/rollout.rs"]
mod rollout;

#[test]
fn a_rollout_is_watched() {
    let told = rollout::watched();
    let count = |what: &str| told.lines().filter(|line| line.contains(what)).count();
    assert_eq!((count("is made"), count("is gone")), (3, 3), "{told}");
    assert!(count("is ready") >= 3 && told.contains("hellok8s:v2"), "{told}");
}

#[test]
fn a_change_is_foretold() {
    let told = forecast::told();
    let lines: Vec<&str> = told.lines().collect();
    assert!(lines[0].starts_with("as written: rolls-out, 3 to 4 pods. "), "{told}");
    assert!(lines[1].starts_with("careful: rolls-out, 3 to 4 pods. "), "{told}");
    assert!(
        lines[2].starts_with("recreate: interrupts, 0 to 3 pods. Deployment hellok8s-deployment has no "),
        "{told}"
    );
}

#[test]
fn a_lesson_is_followed() {
    let told = lesson::followed().unwrap();
    assert!(told.ends_with("--replicas=2\n# the step is done\n# the lesson is done\n"), "{told}");
}

#[test]
fn an_image_of_ones_own_runs() {
    let told = image::session().unwrap();
    assert!(told.contains("shop   0/1   1     0 "), "{told}");
    assert!(told.contains("successfully rolled out\n") && told.contains("shop   1/1   1     1 "), "{told}");
}
