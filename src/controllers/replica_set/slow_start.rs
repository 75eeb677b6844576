//! Slow start: creations begin one by one and double with each success, so that a request that must fail fails once.

/// How many pods the first batch creates. Models controller.SlowStartInitialBatchSize.
pub const SLOW_START_INITIAL_BATCH_SIZE: usize = 1;

/// What came of a slow start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlowStart<E> {
    /// Sizes of the batches that were started.
    pub batches: Vec<usize>,
    /// How many calls succeeded.
    pub successes: usize,
    /// The first error; the batch that met it was finished and was the last.
    pub error: Option<E>,
}

/// The sizes of a slow start's batches, as long as all goes well: each is twice the one before.
#[derive(Clone, Debug)]
pub struct Batches {
    remaining: usize,
    size: usize,
}

impl Batches {
    /// For `count` calls, of which the first batch has so many.
    pub fn new(count: usize, initial_batch_size: usize) -> Self {
        Self { remaining: count, size: initial_batch_size }
    }
}

impl Iterator for Batches {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        let size = self.size.min(self.remaining);
        self.remaining -= size;
        self.size = 2 * size;
        (size > 0).then_some(size)
    }
}

/// Calls `create` up to `count` times. Models pkg/controller/replicaset/replica_set.go slowStartBatch.
pub fn slow_start_batch<E>(
    count: usize,
    initial_batch_size: usize,
    mut create: impl FnMut() -> Result<(), E>,
) -> SlowStart<E> {
    let mut result = SlowStart { batches: Vec::new(), successes: 0, error: None };
    for batch_size in Batches::new(count, initial_batch_size) {
        result.batches.push(batch_size);
        for _ in 0..batch_size {
            match create() {
                Ok(()) => result.successes += 1,
                Err(error) => result.error = result.error.or(Some(error)),
            }
        }
        if result.error.is_some() {
            break;
        }
    }
    result
}
