//! The page's drawn signs: one set, 16 by 16, drawn with one stroke in the colour of the text.

use leptos::prelude::*;

/// A sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Icon {
    /// Time goes on.
    Play,
    /// Time stands still.
    Pause,
    /// To the beat before.
    Before,
    /// To the next beat.
    After,
    /// To the event before.
    EventBefore,
    /// To the next event.
    EventAfter,
    /// One event on.
    Step,
    /// Until nothing changes.
    Settle,
    /// Close, deselect.
    Close,
    /// One more.
    Plus,
    /// Fold away to the left.
    FoldLeft,
    /// Fold away to the right.
    FoldRight,
    /// Fold away below.
    FoldDown,
    /// Bring back from below.
    FoldUp,
    /// The stage alone, large.
    Present,
    /// The list of keys.
    Keys,
    /// A picture.
    Picture,
    /// The whole chart.
    Chart,
    /// The node.
    Node,
    /// Generations side by side.
    Revisions,
}

impl Icon {
    /// The sign's path.
    fn path(self) -> &'static str {
        match self {
            Self::Play => "M5 3l8 5-8 5z",
            Self::Pause => "M5.5 3v10M10.5 3v10",
            Self::Before => "M8 3L3 8l5 5M13 3L8 8l5 5",
            Self::After => "M8 3l5 5-5 5M3 3l5 5-5 5",
            Self::EventBefore => "M10 3L5 8l5 5",
            Self::EventAfter => "M6 3l5 5-5 5",
            Self::Step => "M4 3v10M7.5 3.5l5 4.5-5 4.5z",
            Self::Settle => "M2.5 3.5l4.5 4.5-4.5 4.5M7.5 3.5L12 8l-4.5 4.5M13.5 3v10",
            Self::Close => "M4 4l8 8M12 4l-8 8",
            Self::Plus => "M8 3v10M3 8h10",
            Self::FoldLeft => "M3 2.5v11M12 4L8 8l4 4",
            Self::FoldRight => "M13 2.5v11M4 4l4 4-4 4",
            Self::FoldDown => "M2.5 13h11M4 4.5l4 4 4-4",
            Self::FoldUp => "M2.5 13h11M4 8.5l4-4 4 4",
            Self::Present => "M2.5 3h11v7.5h-11zM8 10.5V13M5 13.5h6",
            Self::Keys => "M1.5 4h13v8h-13zM4 6.75h.01M7 6.75h.01M10 6.75h.01M12.5 6.75h.01M4.5 9.5h7",
            Self::Picture => "M2 3h12v10H2zM2 11l3.5-3.5L8 10l2.5-2.5L14 11M10.5 5.5h.01",
            Self::Chart => "M2.5 2.5v11h11M5 10V8M8 10V5M11 10V7",
            Self::Node => "M3 3h10v4H3zM3 9h10v4H3zM5.5 5h.01M5.5 11h.01",
            Self::Revisions => "M2.5 3h4v10h-4zM9.5 3h4v10h-4zM4.5 5.5h.01M11.5 5.5h.01",
        }
    }

    /// The sign as an element.
    pub fn view(self) -> AnyView {
        view! {
            <svg class="icon" class:icon-full=matches!(self, Self::Play) viewBox="0 0 16 16" aria-hidden="true">
                <path d=self.path()></path>
            </svg>
        }
        .into_any()
    }
}
