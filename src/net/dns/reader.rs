//! Reads messages within their bounds.

use super::message::{Data, DnsAnswer};
use std::net::{Ipv4Addr, Ipv6Addr};

/// Bytes, and the current position.
pub(super) struct MessageReader<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
}

impl<'a> MessageReader<'a> {
    fn byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    /// Reads two bytes.
    pub(super) fn short(&mut self) -> Option<u16> {
        Some(u16::from_be_bytes([self.byte()?, self.byte()?]))
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let taken = self.bytes.get(self.at..self.at.checked_add(length)?)?;
        self.at += length;
        Some(taken)
    }

    /// Reads a name; pointers may only point backwards, so that it terminates.
    pub(super) fn name(&mut self) -> Option<String> {
        let mut name = String::new();
        let mut end = None;
        let mut before = self.at;
        loop {
            let length = self.byte()?;
            match length {
                0 => break,
                1..=63 => {
                    let label = self.take(length.into())?;
                    if !name.is_empty() {
                        name.push('.');
                    }
                    name.extend(label.iter().map(|byte| match byte {
                        b'.' | b'\\' | 0..=32 | 127..=255 => '\u{fffd}',
                        byte => char::from(*byte).to_ascii_lowercase(),
                    }));
                    if name.len() > 1024 {
                        return None;
                    }
                }
                192..=255 => {
                    let to = usize::from(u16::from_be_bytes([length & 0x3f, self.byte()?]));
                    end = end.or(Some(self.at));
                    if to >= before {
                        return None;
                    }
                    before = to;
                    self.at = to;
                }
                _ => return None,
            }
        }
        self.at = end.unwrap_or(self.at);
        Some(name)
    }

    /// Reads a complete record.
    pub(super) fn record(&mut self) -> Option<DnsAnswer> {
        let name = self.name()?;
        let (record_type, _class) = (self.short()?, self.short()?);
        self.take(4)?; // the TTL
        let length = usize::from(self.short()?);
        let begin = self.at;
        let end = begin.checked_add(length).filter(|end| *end <= self.bytes.len())?;
        let data = self.data(record_type, end);
        self.at = end;
        Some(DnsAnswer { name, record_type, data: data.unwrap_or(Data::Other) })
    }

    fn data(&mut self, record_type: u16, end: usize) -> Option<Data> {
        let length = end - self.at;
        Some(match record_type {
            1 => {
                let four: [u8; 4] = self.take(length)?.try_into().ok()?;
                Data::Address(Ipv4Addr::from(four).into())
            }
            28 => {
                let all: [u8; 16] = self.take(length)?.try_into().ok()?;
                Data::Address(Ipv6Addr::from(all).into())
            }
            2 | 5 => Data::Name(self.name()?),
            15 => Data::Mail(self.short()?, self.name()?),
            33 => Data::Service {
                priority: self.short()?,
                weight: self.short()?,
                port: self.short()?,
                target: self.name()?,
            },
            16 => {
                let mut text = Vec::new();
                while self.at < end {
                    let length = self.byte()?.into();
                    text.extend(self.take(length)?);
                }
                Data::Text(String::from_utf8_lossy(&text).into_owned())
            }
            257 => {
                let (flags, length) = (self.byte()?, self.byte()?.into());
                let tag = String::from_utf8_lossy(self.take(length)?).to_ascii_lowercase();
                let value = self.take(end.checked_sub(self.at)?)?;
                let value = String::from_utf8_lossy(value).into_owned();
                Data::Authority { critical: flags & 0x80 != 0, tag, value }
            }
            _ => return None,
        })
    }
}
