//! Assembles lines from the chunks that a step prints.

use super::Event;

/// The most of a printed line that is shown (bytes).
const LINE: usize = 4096;

/// Assembles lines from chunks; a carriage return also ends a line (progress bars).
#[derive(Default)]
pub(super) struct Lines {
    open: Vec<u8>,
}

impl Lines {
    pub(super) fn feed(&mut self, bytes: &[u8], report: &mut dyn FnMut(Event)) {
        for byte in bytes {
            match byte {
                b'\n' | b'\r' => self.end(report),
                byte if self.open.len() < LINE => self.open.push(*byte),
                _ => {}
            }
        }
    }

    fn end(&mut self, report: &mut dyn FnMut(Event)) {
        let line = String::from_utf8_lossy(&std::mem::take(&mut self.open)).trim().to_owned();
        if !line.is_empty() {
            report(Event::Line(line));
        }
    }
}
