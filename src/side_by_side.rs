//! Work on several items at once, on all available processors.

use std::panic::resume_unwind;
use std::sync::{Mutex, PoisonError};
use std::thread::{Builder, available_parallelism, scope};

/// The stack size of the main thread (bytes), so that templates and values can nest as deep in the others.
const STACK: usize = 8 << 20;

/// Does `work` with each item; the results are in the order of the items. This thread works too, so all is done even if
/// the system gives no other.
pub fn side_by_side<I: Send, T: Send>(items: Vec<I>, work: impl Fn(I) -> T + Sync) -> Vec<T> {
    let others = available_parallelism().map_or(1, usize::from).min(items.len()).max(1) - 1;
    let queue = Mutex::new(items.into_iter().enumerate());
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    let share = || {
        let mut done = Vec::new();
        while let Some((at, item)) = next() {
            done.push((at, work(item)));
        }
        done
    };
    let mut done = scope(|scope| {
        let begin = |_| Builder::new().stack_size(STACK).spawn_scoped(scope, share).ok();
        let threads: Vec<_> = (0..others).filter_map(begin).collect();
        let mut done = share();
        for thread in threads {
            done.extend(thread.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
        done
    });
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::side_by_side;

    #[test]
    fn every_item_is_processed_once_and_in_order() {
        for length in [0, 1, 2, 100] {
            let items: Vec<usize> = (0..length).collect();
            let wanted: Vec<usize> = items.iter().map(|item| item * 2).collect();
            assert_eq!(side_by_side(items, |item| item * 2), wanted);
        }
    }

    #[test]
    #[should_panic(expected = "the seventh")]
    fn a_panic_is_propagated() {
        side_by_side((0..20).collect(), |item| assert!(item != 7, "the seventh"));
    }
}
