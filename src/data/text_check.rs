use std::io::{self, Read};

/// What makes a file something else than text, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotText {
    /// In bytes from the start.
    pub offset: u64,
    pub byte: u8,
}

/// Passes bytes on for as long as they are UTF-8 without NUL; then it remembers the place and fails.
pub struct TextCheck<R> {
    inner: R,
    passed: u64,
    /// The start of a character that the last read cut off.
    open: [u8; 4],
    open_length: usize,
    pub fault: Option<NotText>,
}

impl<R: Read> TextCheck<R> {
    pub fn new(inner: R) -> Self {
        TextCheck { inner, passed: 0, open: [0; 4], open_length: 0, fault: None }
    }

    fn fail(&mut self, offset: u64, byte: u8) -> io::Error {
        self.fault = Some(NotText { offset, byte });
        io::Error::new(io::ErrorKind::InvalidData, "not text")
    }

    /// Finishes the character that is open; gives how many bytes of `chunk` belong to it.
    fn close(&mut self, chunk: &[u8]) -> Result<usize, io::Error> {
        let mut taken = 0;
        while self.open_length > 0 {
            let Some(&byte) = chunk.get(taken) else { break };
            self.open[self.open_length] = byte;
            self.open_length += 1;
            taken += 1;
            match std::str::from_utf8(&self.open[..self.open_length]) {
                Ok(_) => self.open_length = 0,
                Err(e) if e.error_len().is_some() => {
                    let start = self.passed + taken as u64 - self.open_length as u64;
                    return Err(self.fail(start, self.open[0]));
                }
                Err(_) => {}
            }
        }
        Ok(taken)
    }

    fn check(&mut self, chunk: &[u8]) -> Result<(), io::Error> {
        let nul = chunk.iter().position(|&b| b == 0);
        let text = &chunk[..nul.unwrap_or(chunk.len())];
        let taken = self.close(text)?;
        let rest = &text[taken..];
        if let Err(e) = std::str::from_utf8(rest) {
            let at = e.valid_up_to();
            if e.error_len().is_some() {
                return Err(self.fail(self.passed + (taken + at) as u64, rest[at]));
            }
            self.open_length = rest.len() - at;
            self.open[..self.open_length].copy_from_slice(&rest[at..]);
        }
        self.passed += text.len() as u64;
        match nul {
            Some(_) if self.open_length > 0 => Err(self.cut_off()),
            Some(_) => Err(self.fail(self.passed, 0)),
            None => Ok(()),
        }
    }

    /// A character whose end does not come.
    fn cut_off(&mut self) -> io::Error {
        self.fail(self.passed - self.open_length as u64, self.open[0])
    }
}

impl<R: Read> Read for TextCheck<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        if count == 0 && self.open_length > 0 && !buffer.is_empty() {
            return Err(self.cut_off());
        }
        self.check(&buffer[..count])?;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte at a time, so that every character is cut everywhere.
    struct Drops<'a>(&'a [u8]);

    impl Read for Drops<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let n = self.0.len().min(1).min(buffer.len());
            buffer[..n].copy_from_slice(&self.0[..n]);
            self.0 = &self.0[n..];
            Ok(n)
        }
    }

    fn fault(bytes: &[u8]) -> Option<NotText> {
        let mut whole = TextCheck::new(bytes);
        let mut drops = TextCheck::new(Drops(bytes));
        let mut sink = Vec::new();
        let (a, b) = (whole.read_to_end(&mut sink).is_err(), drops.read_to_end(&mut sink).is_err());
        assert_eq!(a, b);
        assert_eq!(whole.fault, drops.fault);
        whole.fault
    }

    #[test]
    fn text_passes_however_it_is_cut() {
        assert_eq!(fault("aä€😀\r\n".as_bytes()), None);
    }

    #[test]
    fn the_first_bad_byte_is_found() {
        assert_eq!(fault(b"ab\xe4c"), Some(NotText { offset: 2, byte: 0xe4 }));
        assert_eq!(fault("ä\u{20ac}".as_bytes().split_last().unwrap().1), Some(NotText { offset: 2, byte: 0xe2 }));
        assert_eq!(fault(b"abc\0d"), Some(NotText { offset: 3, byte: 0 }));
        assert_eq!(fault(b"\xff\xfea\0"), Some(NotText { offset: 0, byte: 0xff }));
    }
}
