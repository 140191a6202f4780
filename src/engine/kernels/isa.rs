//! Which vector instructions the kernels use.

use std::sync::OnceLock;

/// An instruction set with kernels of its own. Results are equal bit for bit on one set, not across sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Isa {
    /// Plain code for every processor.
    Scalar,
    /// AVX2 and FMA.
    Avx2,
    /// AVX-512 F, VL, BW, DQ.
    Avx512,
}

impl Isa {
    /// The best set that the processor has, or the one that `NNRUN_ISA` names (`scalar`, `avx2`, `avx512`) if it has it.
    pub fn detect() -> Isa {
        static FOUND: OnceLock<Isa> = OnceLock::new();
        *FOUND.get_or_init(|| {
            let best = Isa::best();
            let wanted = std::env::var("NNRUN_ISA").ok().and_then(|name| Isa::named(&name));
            wanted.map_or(best, |isa| isa.min(best))
        })
    }

    /// All sets that this processor has, the plain one first.
    pub fn available() -> Vec<Isa> {
        [Isa::Scalar, Isa::Avx2, Isa::Avx512].into_iter().filter(|&isa| isa <= Isa::best()).collect()
    }

    pub fn name(self) -> &'static str {
        match self {
            Isa::Scalar => "scalar",
            Isa::Avx2 => "avx2",
            Isa::Avx512 => "avx512",
        }
    }

    fn named(name: &str) -> Option<Isa> {
        [Isa::Scalar, Isa::Avx2, Isa::Avx512].into_iter().find(|isa| isa.name().eq_ignore_ascii_case(name))
    }

    #[cfg(target_arch = "x86_64")]
    fn best() -> Isa {
        let avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
        let avx512 = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512dq");
        match (avx2, avx512) {
            (true, true) => Isa::Avx512,
            (true, false) => Isa::Avx2,
            _ => Isa::Scalar,
        }
    }

    #[cfg(not(target_arch = "x86_64"))]
    fn best() -> Isa {
        Isa::Scalar
    }
}

/// Defines `$select(isa)`: the copy of the generic kernel `$body` for an instruction set, as a function pointer.
/// The caller of the pointer promises that the set is present, which `Isa` values of this module's functions are.
macro_rules! per_isa {
    ($(#[$doc:meta])* $vis:vis fn $select:ident<$($generic:ident: $bound:path),*> => $body:ident($($arg:ident: $type:ty),*) $(-> $result:ty)?) => {
        $(#[$doc])*
        $vis fn $select<$($generic: $bound),*>(isa: $crate::engine::kernels::Isa) -> unsafe fn($($type),*) $(-> $result)? {
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,avx2,fma")]
            unsafe fn avx512<$($generic: $bound),*>($($arg: $type),*) $(-> $result)? {
                // SAFETY: the caller's promise, passed on.
                unsafe { $body::<$crate::engine::kernels::vector::Avx512 $(, $generic)*>($($arg),*) }
            }
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            unsafe fn avx2<$($generic: $bound),*>($($arg: $type),*) $(-> $result)? {
                // SAFETY: the caller's promise, passed on.
                unsafe { $body::<$crate::engine::kernels::vector::Avx2 $(, $generic)*>($($arg),*) }
            }
            unsafe fn scalar<$($generic: $bound),*>($($arg: $type),*) $(-> $result)? {
                // SAFETY: the caller's promise, passed on.
                unsafe { $body::<$crate::engine::kernels::vector::Portable $(, $generic)*>($($arg),*) }
            }
            match isa {
                #[cfg(target_arch = "x86_64")]
                $crate::engine::kernels::Isa::Avx512 => avx512::<$($generic),*>,
                #[cfg(target_arch = "x86_64")]
                $crate::engine::kernels::Isa::Avx2 => avx2::<$($generic),*>,
                _ => scalar::<$($generic),*>,
            }
        }
    };
}
pub(super) use per_isa;
