/// How much work one iteration does, as the benchmark declared it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Throughput {
    /// Bytes, told in binary multiples (KiB, MiB).
    Bytes(u64),
    /// Bytes, told in decimal multiples (kB, MB).
    BytesDecimal(u64),
    /// Bits.
    Bits(u64),
    /// Elements.
    Elements(u64),
    /// Both at once.
    ElementsAndBytes {
        /// Elements per iteration.
        elements: u64,
        /// Bytes per iteration.
        bytes: u64,
    },
    /// A kind that this version of the tool doesn't know, with the name that Criterion gave it.
    Unknown(Box<str>),
}
