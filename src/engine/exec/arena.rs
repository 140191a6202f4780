use std::fmt;

/// Numbers of 64 bytes, the unit of alignment.
#[derive(Clone, Copy, Default)]
#[repr(C, align(64))]
struct Line([f32; 16]);

/// A vector of numbers that begins at a cache line: the memory of slots, and of values between steps.
#[derive(Clone, Default)]
pub struct Arena {
    lines: Vec<Line>,
    len: usize,
}

impl Arena {
    /// `len` zeros.
    pub fn new(len: usize) -> Arena {
        Arena { lines: vec![Line::default(); len.div_ceil(16)], len }
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// At least `len` numbers; what is new is 0.
    pub fn grow(&mut self, len: usize) {
        if len > self.len {
            self.lines.resize(len.div_ceil(16), Line::default());
            self.len = len;
        }
    }

    pub fn as_slice(&self) -> &[f32] {
        // SAFETY: `Line` is 16 numbers without padding, and `len` of them are within the vector.
        unsafe { std::slice::from_raw_parts(self.lines.as_ptr().cast(), self.len) }
    }

    pub fn as_mut_slice(&mut self) -> &mut [f32] {
        // SAFETY: as above.
        unsafe { std::slice::from_raw_parts_mut(self.lines.as_mut_ptr().cast(), self.len) }
    }
}

impl std::ops::Deref for Arena {
    type Target = [f32];
    fn deref(&self) -> &[f32] {
        self.as_slice()
    }
}

impl std::ops::DerefMut for Arena {
    fn deref_mut(&mut self) -> &mut [f32] {
        self.as_mut_slice()
    }
}

impl From<&[f32]> for Arena {
    fn from(numbers: &[f32]) -> Arena {
        let mut arena = Arena::new(numbers.len());
        arena.copy_from_slice(numbers);
        arena
    }
}

impl fmt::Debug for Arena {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Arena").field("len", &self.len).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arena_is_aligned_and_keeps_its_numbers_as_it_grows() {
        let mut arena = Arena::from(&[1.0, 2.0, 3.0][..]);
        assert_eq!(arena.as_ptr() as usize % 64, 0);
        arena.grow(100);
        assert_eq!((arena.len(), &arena[..4]), (100, &[1.0, 2.0, 3.0, 0.0][..]));
        arena.grow(10);
        assert_eq!(arena.len(), 100);
    }
}
