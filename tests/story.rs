//! The story's pace: how long a rollout is watched, and that nothing that happens depends on it.

use hellok8s_lab::lab::story::{BeatKind, Beats, Story, TOLD_US};
use hellok8s_lab::lab::{Lab, LabOptions, PRESETS};
use hellok8s_lab::lang::Lang;
use hellok8s_lab::sim::SimTime;

const FRAME_US: u64 = 16_667;

/// A lab that is watched.
struct Viewer {
    lab: Lab,
    story: Story,
    viewed_us: u64,
    /// The beats that were told: number, when the viewer saw it, caption.
    told: Vec<(usize, u64, String)>,
    /// The captions' words as they changed, and when.
    words: Vec<(u64, String)>,
}

impl Viewer {
    fn new(lab: Lab) -> Self {
        let mut story = Story::default();
        story.read(&lab);
        Self { lab, story, viewed_us: 0, told: Vec::new(), words: Vec::new() }
    }

    fn frame(&mut self) {
        self.frame_until(SimTime::NEVER);
    }

    /// A frame in which time goes no further than to this moment.
    fn frame_until(&mut self, until: SimTime) {
        self.story.read(&self.lab);
        for _ in 0..100 {
            if !self.story.look_ahead(&self.lab) {
                break;
            }
        }
        let due_ms = self.story.due_ms(&self.lab, FRAME_US);
        self.lab.run_until((self.lab.now() + due_ms).min(until));
        self.story.go_on(&self.lab);
        self.viewed_us += FRAME_US;
        let words = self.story.told().map(|(_, beat)| beat.caption(self.lab.cluster(), Lang::En).text());
        if let Some(words) = words.filter(|words| self.words.last().is_none_or(|(_, last)| last != words)) {
            self.words.push((self.viewed_us / 1_000, words));
        }
        if let Some((number, beat)) = self.story.told()
            && self.told.last().is_none_or(|(last, ..)| *last != number)
        {
            let caption = beat.caption(self.lab.cluster(), Lang::En).text();
            self.told.push((number, self.viewed_us / 1_000, format!("{} {caption}", beat.at_ms)));
        }
    }

    /// Every decision of the controllers since a moment of the viewer's time was the caption, but for what is routine.
    fn told_every_decision(&self, since_ms: u64) {
        let told: Vec<usize> = self.told.iter().filter(|(_, at_ms, _)| *at_ms >= since_ms).map(|one| one.0).collect();
        let beats = self.story.beats();
        let decisions: Vec<usize> = told.iter().filter_map(|number| beats.get(*number)?.decision).collect();
        let log = self.lab.cluster().decisions();
        let routine = ["deployment/set-revision", "deployment/waits-for-progress", "deployment/available"];
        for (at, decision) in log.iter().enumerate().filter(|(_, decision)| decision.t_ms >= 31_000) {
            if matches!(decision.controller, "deployment" | "replicaset") && !routine.contains(&decision.rule) {
                assert!(decisions.contains(&at), "{decision:?}");
            }
        }
    }

    fn watch(&mut self, ms: u64) {
        let until = self.viewed_us + ms * 1_000;
        while self.viewed_us < until {
            self.frame();
        }
    }
}

fn apply(lab: &mut Lab, preset: &str) {
    let text = PRESETS.iter().find(|(name, _)| *name == preset).map_or("", |(_, text)| text);
    lab.write("deployment.yaml", text);
    lab.submit(0, "kubectl apply -f deployment.yaml");
}

/// Three pods of v1, at rest.
fn at_rest(seed: u64) -> Lab {
    let mut lab = Lab::new(&LabOptions { seed, ..LabOptions::default() });
    apply(&mut lab, "v1, 3 replicas");
    lab.run_until(SimTime(20_000));
    lab.submit(0, "kubectl expose deployment hellok8s-deployment --port=3000");
    lab.submit(0, "lab traffic hellok8s-deployment 5");
    lab.run_until(SimTime(30_000));
    lab
}

#[test]
fn the_chapters_rollout_is_watched_for_about_ten_seconds() {
    for seed in 0..8 {
        let mut viewer = Viewer::new(at_rest(seed));
        viewer.watch(1_000);
        apply(&mut viewer.lab, "v2, rolling update 1/1");
        viewer.told.clear();
        // Until kubectl has started, the end of the rollout before is still told.
        let former = viewer.story.told().map(|(number, _)| number);
        let began_ms = viewer.viewed_us / 1_000;
        viewer.watch(30_000);
        viewer.told.retain(|(number, ..)| Some(*number) > former);
        let is_complete = |(_, _, caption): &&(usize, u64, String)| caption.contains("rollout is complete");
        let complete = viewer.told.iter().find(is_complete);
        let viewed_ms = complete.expect("the rollout is complete").1 - began_ms;
        assert!((8_000..=15_000).contains(&(viewed_ms + TOLD_US / 1_000)), "seed {seed}: {viewed_ms}");
        let durations = viewer.told.windows(2).map(|pair| pair[1].1 - pair[0].1);
        assert!(durations.clone().all(|ms| ms >= 780), "{:?}", durations.min());
        viewer.told_every_decision(began_ms);
    }
}

/// Pods that end one after the other are one beat, whose words say how many: they must not change while they are read.
#[test]
fn no_words_change_while_they_are_read() {
    for seed in 1..=12 {
        let mut viewer = Viewer::new(at_rest(seed));
        apply(&mut viewer.lab, "v2, rolling update 1/1");
        viewer.watch(20_000);
        // What stood there before the change goes at once.
        for pair in viewer.words.get(1..).unwrap_or_default().windows(2) {
            let [(from, words), (to, next)] = pair else { continue };
            assert!(to - from >= 780, "seed {seed}: {words:?} was told for {} ms, then {next:?}", to - from);
        }
    }
}

#[test]
fn ten_minutes_until_the_deadline_take_about_four_seconds() {
    let mut viewer = Viewer::new(at_rest(1));
    apply(&mut viewer.lab, "bad readiness");
    while !viewer.told.last().is_some_and(|(_, _, caption)| caption.contains("without progress:")) {
        viewer.frame();
        assert!(viewer.viewed_us < 60_000_000, "{:#?}", viewer.told);
    }
    let [.., (before, before_ms, _), (_, deadline_ms, _)] = viewer.told.as_slice() else { panic!("too few beats") };
    let waited_ms = viewer.lab.now().as_ms() - viewer.story.beats().get(*before).map_or(0, |beat| beat.at_ms);
    assert!(waited_ms > 540_000, "{waited_ms}");
    assert!((3_000..=4_500).contains(&(deadline_ms - before_ms)), "{}", deadline_ms - before_ms);
}

#[test]
fn nothing_that_happens_depends_on_the_pace() {
    let play = |pace: Option<u64>| {
        let mut viewer = Viewer::new(at_rest(3));
        let (mut applied, mut scaled) = (false, false);
        while viewer.lab.now() < SimTime(120_000) {
            let now = viewer.lab.now();
            // What is done is done at the same simulated moments; how many frames go by until then is the pace's matter.
            let until = if !applied {
                40_000
            } else if !scaled {
                60_000
            } else {
                120_000
            };
            if now.as_ms() == until && !applied {
                apply(&mut viewer.lab, "v2");
                applied = true;
            } else if now.as_ms() == until && !scaled {
                viewer
                    .lab
                    .submit(0, "kubectl scale deployment hellok8s-deployment --replicas=5; sleep 2; kubectl get pods");
                scaled = true;
            }
            let until = if !applied {
                40_000
            } else if !scaled {
                60_000
            } else {
                120_000
            };
            match pace {
                Some(times) => {
                    let due_ms = times * FRAME_US / 1_000;
                    viewer.lab.run_until(SimTime((now.as_ms() + due_ms).min(until)));
                }
                None => viewer.frame_until(SimTime(until)),
            }
        }
        let log: String = viewer.lab.cluster().log().iter().map(|event| format!("{event:?}\n")).collect();
        let decisions: String = viewer.lab.cluster().decisions().iter().map(|one| format!("{one:?}\n")).collect();
        (hash(&log), hash(&decisions), viewer.lab.cluster().traffic().totals().clone())
    };
    let slow = play(Some(1));
    assert_eq!(slow, play(Some(100)));
    assert_eq!(slow, play(None));
}

/// FNV-1a.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[test]
fn beats_are_the_same_whether_they_are_read_at_once_or_bit_by_bit() {
    let mut lab = at_rest(1);
    let mut bits = Beats::default();
    apply(&mut lab, "liveness");
    while lab.now() < SimTime(200_000) {
        lab.step();
        bits.read(lab.cluster(), lab.forks());
    }
    let mut whole = Beats::default();
    whole.read(lab.cluster(), lab.forks());
    let beats = |beats: &Beats| -> Vec<String> {
        (0..beats.len())
            .filter_map(|number| beats.get(number))
            .map(|beat| format!("{} {:?} {:?} {}", beat.at_ms, beat.kind, beat.subject, beat.count))
            .collect()
    };
    let mut both = [beats(&bits), beats(&whole)];
    // Within a millisecond, decisions and changes may be read in another order.
    both.iter_mut().for_each(|beats| beats.sort());
    assert_eq!(both[0], both[1]);
    assert!(bits.len() > 15, "{}", bits.len());
}

#[test]
fn looking_back_tells_what_was_told_then() {
    let mut viewer = Viewer::new(at_rest(1));
    apply(&mut viewer.lab, "v2");
    viewer.watch(20_000);
    let known = viewer.story.beats().len();
    viewer.lab.seek(SimTime(965));
    viewer.story.read(&viewer.lab);
    let (number, beat) = viewer.story.told().expect("a beat");
    assert!(beat.at_ms <= 965 && viewer.story.beats().get(number + 1).is_some_and(|next| next.at_ms > 965));
    assert_eq!(viewer.story.beats().len(), known, "looking back forgets nothing");
    // What is done in the past begins another history.
    viewer.lab.command(0, "kubectl scale deployment hellok8s-deployment --replicas=1");
    viewer.story.read(&viewer.lab);
    assert!(viewer.story.beats().len() < known);
    viewer.watch(10_000);
    let last = viewer.story.beats().len().checked_sub(1);
    assert_eq!(viewer.told.last().map(|(number, ..)| *number), last, "the new history is told to its end");
}

#[test]
fn in_the_past_the_story_goes_from_beat_to_beat_that_has_been() {
    let mut viewer = Viewer::new(at_rest(1));
    apply(&mut viewer.lab, "v2");
    viewer.watch(25_000);
    let told = viewer.told.clone();
    viewer.lab.seek(SimTime(30_000));
    viewer.story.read(&viewer.lab);
    viewer.told.clear();
    viewer.watch(25_000);
    let captions = |told: &[(usize, u64, String)]| -> Vec<String> {
        told.iter().skip(1).map(|one| one.2.clone()).take(8).collect()
    };
    assert_eq!(captions(&viewer.told), captions(&told));
}

#[test]
fn who_types_waits_no_longer_than_by_the_clock() {
    let mut viewer = Viewer::new(at_rest(1));
    apply(&mut viewer.lab, "v2");
    viewer.watch(500);
    viewer.lab.submit(0, "sleep 0.5");
    assert!(viewer.lab.is_busy(0));
    let began_us = viewer.viewed_us;
    while viewer.lab.is_busy(0) {
        viewer.frame();
    }
    let waited_us = viewer.viewed_us - began_us;
    assert!(waited_us <= 500_000 + 2 * FRAME_US, "{waited_us}");
}

#[test]
fn a_wait_is_told_once_and_not_whenever_the_kubelet_looks() {
    let mut lab = Lab::new(&LabOptions::default());
    apply(&mut lab, "liveness");
    lab.run_until(SimTime(900_000));
    let mut beats = Beats::default();
    beats.read(lab.cluster(), lab.forks());
    let count = |kind: BeatKind| -> u32 {
        let told = (0..beats.len()).filter_map(|number| beats.get(number)).filter(|beat| beat.kind == kind);
        told.map(|beat| beat.count).sum()
    };
    let (waits, restarts) = (count(BeatKind::BacksOff), count(BeatKind::Restarted));
    assert!(restarts >= 10, "{restarts}");
    assert!(waits <= restarts + 3, "{waits} waits, {restarts} restarts");
}

#[test]
fn with_nothing_to_tell_time_goes_with_the_clock() {
    let mut viewer = Viewer::new(at_rest(1));
    viewer.watch(3_000);
    let now = viewer.lab.now();
    viewer.watch(5_000);
    let gone_ms = viewer.lab.now().ms_since(now);
    assert!((4_900..=5_100).contains(&gone_ms), "{gone_ms}");
    assert_eq!(viewer.story.factor(), None);
}

#[test]
fn a_rollout_of_a_thousand_pods_can_be_watched() {
    let mut lab = Lab::new(&LabOptions::default());
    lab.submit(0, "kubectl create deployment web --image=guangzhengli/hellok8s:v1 --replicas=1000");
    lab.run_until(SimTime(300_000));
    lab.submit(0, "kubectl set image deployment web '*=guangzhengli/hellok8s:v2'");
    let mut beats = Beats::default();
    let began = lab.now();
    beats.read(lab.cluster(), lab.forks());
    let before = beats.len();
    lab.run_until(began + 300_000);
    beats.read(lab.cluster(), lab.forks());
    let rollout = (before..beats.len()).filter_map(|number| beats.get(number));
    let times: Vec<u64> = rollout.clone().map(|beat| beat.at_ms).collect();
    let told_ms = times.len() as u64 * TOLD_US / 1_000;
    assert!(told_ms < 120_000, "{told_ms}");
    assert!(times.windows(20).all(|pair| pair[19] - pair[0] >= 1_000), "too many beats in a second");
    assert!(rollout.clone().any(|beat| beat.count >= 10), "several are told at once");
}
