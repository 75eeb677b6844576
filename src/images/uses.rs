//! What a program uses of its node: the part of a declaration that says it.

use serde::{Deserialize, Serialize};

pub use amount::Amount;

use super::Seconds;

/// What a program uses; what is not said is little, as of a small server.
///
/// The model: a request costs processor time, and memory while it is in hand; besides, a program uses some of both by
/// itself, and its memory may grow for as long as it runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Uses {
    /// Milliseconds of one processor that a request takes, as `5` or `0.2`; 0.2 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_milliseconds_per_request: Option<Seconds>,
    /// Processor that it uses while nobody asks; `1m` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle_cpu: Option<Amount>,
    /// Memory at rest; `8Mi` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<Amount>,
    /// Memory of a request that is in hand; `64Ki` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_per_request: Option<Amount>,
    /// Memory that comes with every minute and never goes: a leak. None when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_per_minute: Option<Amount>,
}

impl Uses {
    /// Microseconds of one processor that a request takes.
    pub fn request_us(&self) -> u64 {
        // A span is kept in thousandths of its unit, which is a millisecond here.
        self.cpu_milliseconds_per_request.map_or(200, Seconds::as_ms)
    }

    /// Thousandths of a processor that it uses by itself.
    pub fn idle_milli(&self) -> u64 {
        self.idle_cpu.as_ref().map_or(1, Amount::milli)
    }

    /// Bytes at rest.
    pub fn memory_bytes(&self) -> u64 {
        self.memory.as_ref().map_or(8 << 20, Amount::bytes)
    }

    /// Bytes of a request in hand.
    pub fn request_bytes(&self) -> u64 {
        self.memory_per_request.as_ref().map_or(64 << 10, Amount::bytes)
    }

    /// Bytes that come with every minute.
    pub fn growth_bytes(&self) -> u64 {
        self.memory_per_minute.as_ref().map_or(0, Amount::bytes)
    }
}

mod amount {
    //! Amounts as documents give them.

    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

    use crate::api::Quantity;

    /// No node has more of anything.
    const MOST_MILLI: u64 = 1 << 50;

    /// An amount of processor or memory, as `250m` or `64Mi`.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Amount {
        text: String,
        milli: u64,
    }

    impl Amount {
        /// Reads a quantity that is not negative, and not more than any node has.
        pub fn parse(text: &str) -> Option<Self> {
            let milli = u64::try_from(Quantity::parse(text).ok()?.milli_value()).ok()?;
            (milli <= MOST_MILLI).then(|| Self { text: text.to_owned(), milli })
        }

        /// Thousandths.
        pub fn milli(&self) -> u64 {
            self.milli
        }

        /// Whole ones, rounded up.
        pub fn bytes(&self) -> u64 {
            self.milli.div_ceil(1000)
        }
    }

    impl Serialize for Amount {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_str(&self.text)
        }
    }

    impl<'de> Deserialize<'de> for Amount {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let value = serde_json::Value::deserialize(deserializer)?;
            let text = match &value {
                serde_json::Value::Number(number) => number.to_string(),
                serde_json::Value::String(text) => text.clone(),
                _ => return Err(D::Error::custom("must be an amount, such as 250m or 64Mi")),
            };
            Self::parse(&text)
                .ok_or_else(|| D::Error::custom(format!("{text} is no amount: 250m of a processor, or 64Mi of memory")))
        }
    }
}
