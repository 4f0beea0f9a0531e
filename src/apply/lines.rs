//! Lines out of the pieces that a step prints.

use super::Event;

/// Of a line that a step prints no more is shown (bytes).
const LINE: usize = 4096;

/// Lines out of pieces; a carriage return ends one too (progress bars).
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
