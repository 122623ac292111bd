//! What is done to a run, and when: the cells of the coverage table.

use crate::model::table::{Statement, Transition};
use crate::model::words::Words;

/// One kind of fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// The process is killed; what it wrote stays.
    Kill,
    /// The power is cut: what was not flushed is lost.
    PowerCut,
    /// The power is cut while a line is written: a part of it stays, or nothing but zeros.
    TornLine,
    /// The disk is full while a line is written.
    DiskFull,
    /// A request is carried out and its answer is lost.
    LostAnswer,
    /// The answer comes late; or the request is given up, and carried out later.
    SlowAnswer,
    /// A request fails.
    Failure,
    /// A second machine goes on with a copy of the journal meanwhile.
    SecondMachine,
    /// A server dies.
    ServerDies,
    /// A server dies and comes back.
    ServerBlinks,
    /// A task begins.
    TaskAppears,
    /// Somebody begins to use the group.
    UseBegins,
    /// A person gives the group another leader by hand.
    LeaderEdited,
    /// A person changes a mark by hand.
    MarkEdited,
    /// A person adds or removes a server by hand.
    MemberEdited,
    /// The time of day is set, forth or back.
    ClockSteps,
}

/// When, seen from the step that the run is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Moment {
    /// Before its intent is on disk.
    Before,
    /// From then until its last request is answered.
    Inside,
    /// From then until its outcome is on disk.
    After,
}

/// One cell of the coverage table: a row of a system's table, a fault, a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cell {
    /// The row's place in its table.
    pub row: usize,
    /// The fault.
    pub fault: Fault,
    /// The moment.
    pub moment: Moment,
}

impl Fault {
    /// All of them.
    pub const ALL: [Fault; 16] = [
        Fault::Kill,
        Fault::PowerCut,
        Fault::TornLine,
        Fault::DiskFull,
        Fault::LostAnswer,
        Fault::SlowAnswer,
        Fault::Failure,
        Fault::SecondMachine,
        Fault::ServerDies,
        Fault::ServerBlinks,
        Fault::TaskAppears,
        Fault::UseBegins,
        Fault::LeaderEdited,
        Fault::MarkEdited,
        Fault::MemberEdited,
        Fault::ClockSteps,
    ];

    /// Returns its name for people.
    pub fn title(self) -> Words {
        match self {
            Fault::Kill => Words { en: "process killed", ja: "プロセスの強制終了" },
            Fault::PowerCut => Words { en: "power cut", ja: "電源断" },
            Fault::TornLine => Words { en: "power cut within a line", ja: "行の途中での電源断" },
            Fault::DiskFull => Words { en: "disk full", ja: "ディスクの空きなし" },
            Fault::LostAnswer => Words { en: "answer lost", ja: "応答の消失" },
            Fault::SlowAnswer => Words { en: "answer late", ja: "応答の遅延" },
            Fault::Failure => Words { en: "request failed", ja: "要求の失敗" },
            Fault::SecondMachine => Words { en: "second machine resumes", ja: "別のマシンによる再開" },
            Fault::ServerDies => Words { en: "server dies", ja: "サーバーの停止" },
            Fault::ServerBlinks => Words { en: "server dies and comes back", ja: "サーバーの停止と復旧" },
            Fault::TaskAppears => Words { en: "task begins", ja: "タスクの発生" },
            Fault::UseBegins => Words { en: "use begins", ja: "端末の利用開始" },
            Fault::LeaderEdited => Words { en: "leader edited by hand", ja: "手作業でのマスター変更" },
            Fault::MarkEdited => Words { en: "mark edited by hand", ja: "手作業でのチェック変更" },
            Fault::MemberEdited => Words { en: "member edited by hand", ja: "手作業での登録変更" },
            Fault::ClockSteps => Words { en: "clock set", ja: "時刻の変更" },
        }
    }

    /// Returns whether it strikes while a line of the journal is written, and at no other time.
    pub fn is_of_writing(self) -> bool {
        matches!(self, Fault::TornLine | Fault::DiskFull)
    }

    /// Returns whether it strikes while a request is performed, and at no other time.
    pub fn is_of_requests(self) -> bool {
        matches!(self, Fault::LostAnswer | Fault::SlowAnswer | Fault::Failure)
    }

    /// Returns whether it changes what the group is, so that a plan may not fit any more.
    pub fn is_edit(self) -> bool {
        matches!(self, Fault::LeaderEdited | Fault::MarkEdited | Fault::MemberEdited)
    }
}

impl Moment {
    /// All of them, in their order.
    pub const ALL: [Moment; 3] = [Moment::Before, Moment::Inside, Moment::After];

    /// Returns its name for people.
    pub fn title(self) -> Words {
        match self {
            Moment::Before => Words { en: "before", ja: "前" },
            Moment::Inside => Words { en: "inside", ja: "途中" },
            Moment::After => Words { en: "after", ja: "後" },
        }
    }
}

/// Returns whether no random group needs a row, and so no cell has it: only `undo` takes something back.
pub fn is_of_undo(row: &Transition) -> bool {
    row.says == Some(Statement::TakenBack)
}

/// Returns every cell of a table with these rows.
pub fn cells(rows: &[Transition]) -> Vec<Cell> {
    let of_row =
        |row| Fault::ALL.into_iter().flat_map(move |fault| Moment::ALL.map(|moment| Cell { row, fault, moment }));
    (0..rows.len()).filter(|row| !is_of_undo(&rows[*row])).flat_map(of_row).collect()
}
