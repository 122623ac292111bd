//! The argument why there is no safe sequence: what stands in the way, and what would help.
//!
//! Nothing is named as a help that was not tried by planning again, guards included ([`super::relax`]). Where nothing helps,
//! that was tried as well, and the argument says so; where a guard would refuse what else would help, it names the guard;
//! where what else would help depends on what is unknown, it says that; where the trials were cut short, it says no more
//! than is known.

use std::collections::HashMap;

use crate::model::guard::Answer;
use crate::model::name::ServerName;
use crate::model::plan::Block;
use crate::model::snapshot::{Standing, leaders};
use crate::model::table::{Holds, RoleName, Statement, Table};
use crate::model::topology::Topology;
use crate::model::words::Text;

use super::problem::Broken;
use super::relax::{self, Change};
use super::solve::Impossible;
use super::trial::Trial;

/// Makes the whole argument.
pub fn argument(trial: &mut Trial<'_>, why: Impossible) -> Vec<Block> {
    let (Impossible::Broken(broken) | Impossible::Bound(broken)) = why else {
        return if why == Impossible::Rows { rows(trial) } else { vec![rule(trial.topology, why)] };
    };
    let minima = relax::of_minima(trial);
    let mut blocks = vec![Block { hint: alternatives(trial.topology, &minima), ..rule(trial.topology, why) }];
    if let Broken::Keep(count) = broken {
        blocks.extend(relax::of_counted(trial, count).iter().filter_map(not_counted));
    }
    let is_helpless = |blocks: &[Block]| blocks.iter().all(|block| block.hint.is_none());
    if is_helpless(&blocks) {
        blocks.extend(relax::of_statements(trial).iter().filter_map(|change| stated(change, false)));
    }
    if is_helpless(&blocks) {
        let together = relax::together(trial);
        match together.is_empty() {
            false => blocks = all_of(trial.topology, &together),
            true => blocks.extend(no_help(trial)),
        }
    }
    blocks
}

/// Says why nothing is named that would help; nothing where the trials were cut short.
fn no_help(trial: &mut Trial<'_>) -> Option<Block> {
    match &trial.refused {
        Some(refusal) => Some(refused(refusal)),
        None if trial.is_open => Some(depends()),
        None if trial.is_short => None,
        None => Some(nothing_helps(trial)),
    }
}

/// Names the rule that no sequence keeps, and nothing else.
pub fn rule(topology: &Topology, why: Impossible) -> Block {
    match why {
        Impossible::Broken(Broken::Keep(index)) => keep(topology, index, false),
        Impossible::Bound(Broken::Keep(index)) => keep(topology, index, true),
        Impossible::Broken(Broken::Disruption) => disruption(topology, false),
        Impossible::Bound(Broken::Disruption) => disruption(topology, true),
        Impossible::NotFound => not_found(),
        Impossible::Rows => no_sequence(),
    }
}

fn keep(topology: &Topology, index: usize, is_bounded: bool) -> Block {
    let count = &topology.table.counts[index];
    let least = topology.keep.iter().find(|(role, _)| *role == count.name).map_or(0, |(_, least)| *least);
    let (en, ja) = if is_bounded {
        ("no sequence was found that", "見つかった範囲では、")
    } else {
        ("no sequence", "どの順序でも、")
    };
    let verb = if is_bounded { "keeps" } else { "keeps at every moment" };
    Block {
        step: None,
        server: None,
        rule: format!("keep.{}", count.name),
        because: Text::new(
            format!("{en} {verb} at least {least} {}", count.title.en),
            format!("{ja}{} を常に {least} 台以上に保てない", count.title.ja),
        ),
        hint: None,
    }
}

fn disruption(topology: &Topology, is_bounded: bool) -> Block {
    let most = topology.disrupt_at_most.unwrap_or(0);
    let (en, ja) = if is_bounded {
        ("every sequence that was found", "見つかった範囲では、")
    } else {
        ("every sequence", "どの順序でも、")
    };
    Block {
        step: None,
        server: None,
        rule: "disrupt_at_most".into(),
        because: Text::new(
            format!("{en} disrupts more than {most} servers at once"),
            format!("{ja}同時に {most} 台より多くのサーバーが影響を受ける"),
        ),
        hint: None,
    }
}

fn not_found() -> Block {
    Block {
        step: None,
        server: None,
        rule: "no_sequence".into(),
        because: Text::new(
            "no sequence was found within the search's bound; there may be one",
            "探索の上限までに手順の並びが見つからなかった (存在しないとは限らない)",
        ),
        hint: None,
    }
}

/// Finds what stands in the way where it is not the minima: each mark whose change alone would make a plan possible, and
/// each statement; else what would have to change together.
///
/// Servers that are alike (same standing, same declaration) can stand in for one another in the search; what guards say of
/// them may differ, and is asked of each that could help.
fn rows(trial: &mut Trial<'_>) -> Vec<Block> {
    let (topology, standings) = (trial.topology, trial.standings);
    let mut blocks = Vec::new();
    let mut other = standings.clone();
    let mut known: HashMap<_, Vec<&'static str>> = HashMap::new();
    for declared in &topology.servers {
        let Some(standing) = standings.get(&declared.server) else { continue };
        let kind = (standing, declared.role, declared.lost, declared.reinstalled.is_some());
        for mark in topology.table.marks {
            let Some(now) = standing.mark(mark.name) else { continue };
            let open = known.entry((kind, mark.name)).or_insert_with(|| {
                let values = mark.values.iter().map(|(value, _)| *value).filter(|value| *value != now);
                let open = values.filter(|value| {
                    other.insert(declared.server.clone(), standing.clone().with(mark.name, value));
                    trial.works(topology, &other)
                });
                open.collect()
            });
            let helps = open.iter().copied().find(|value| {
                other.insert(declared.server.clone(), standing.clone().with(mark.name, value));
                trial.holds(topology, &other)
            });
            other.insert(declared.server.clone(), standing.clone());
            if let Some(value) = helps {
                blocks.push(mark_in_the_way(&declared.server, mark.name, now, value, declared.role));
            }
        }
    }
    blocks.extend(relax::of_statements(trial).iter().filter_map(|change| stated(change, false)));
    if blocks.is_empty() {
        let together = relax::together(trial);
        blocks = all_of(topology, &together);
    }
    if blocks.is_empty() {
        let is_known = trial.refused.is_some() || trial.is_open;
        blocks.extend(is_known.then(no_sequence));
        blocks.push(no_help(trial).unwrap_or_else(not_found));
    }
    blocks
}

/// Names the guard that stands behind what would open a sequence: so it is no help, and it is not true that nothing is.
fn refused((guard, server, answer): &(&'static str, ServerName, Answer)) -> Block {
    let because = &answer.because;
    Block {
        step: None,
        server: Some(server.clone()),
        rule: (*guard).into(),
        because: Text::new(
            format!(
                "other marks, statements or minima would open a sequence, and `{guard}` says no before a step of `{server}`: {}",
                because.en
            ),
            format!(
                "マーク、宣言、最小台数を変えれば手順の並びはあるが、`{server}` のステップの前で条件 `{guard}` が不成立: {}",
                because.ja
            ),
        ),
        hint: None,
    }
}

/// What would open a sequence leads to one step or another, as what is unknown turns out: so it is no help yet.
fn depends() -> Block {
    Block {
        because: Text::new(
            "other marks, statements or minima would open a sequence, but which steps it has depends on marks that are \
             unknown now",
            "マーク、宣言、最小台数を変えれば手順の並びはあるが、どのステップになるかが現在不明なマークに左右される",
        ),
        ..no_sequence()
    }
}

/// One reason for each of several changes that are needed together.
fn all_of(topology: &Topology, changes: &[Change]) -> Vec<Block> {
    let block = |change: &Change| match change {
        Change::Keep(at, _) => {
            let index = topology.table.counts.iter().position(|count| count.name == topology.keep[*at].0)?;
            Some(Block { hint: Some(minimum_together(topology, change)?), ..keep(topology, index, false) })
        }
        Change::DisruptAtMost(_) => {
            Some(Block { hint: Some(minimum_together(topology, change)?), ..disruption(topology, false) })
        }
        Change::Mark(server, mark, now, helps) => {
            let role = topology.declared(server).map_or("?", |declared| declared.role);
            let block = mark_in_the_way(server, mark, now, helps, role);
            Some(if changes.len() > 1 {
                Block { hint: Some(together_with_others(server, mark, helps)), ..block }
            } else {
                block
            })
        }
        Change::Says(..) | Change::MasterFiles => stated(change, changes.len() > 1),
    };
    changes.iter().filter_map(block).collect()
}

/// Says which changes of minima would each be enough.
fn alternatives(topology: &Topology, changes: &[Change]) -> Option<Text> {
    let named: Vec<String> = changes.iter().filter_map(|change| minimum(topology, change)).collect();
    (!named.is_empty()).then(|| {
        Text::new(
            format!("with {} there is a plan", named.join(" or with ")),
            format!("{} なら計画できる", named.join(" または ")),
        )
    })
}

fn minimum(topology: &Topology, change: &Change) -> Option<String> {
    match change {
        Change::Keep(at, least) => Some(format!("`keep: {{ {}: {least} }}`", topology.keep[*at].0)),
        Change::DisruptAtMost(most) => Some(format!("`disrupt_at_most: {most}`")),
        _ => None,
    }
}

fn minimum_together(topology: &Topology, change: &Change) -> Option<Text> {
    let named = minimum(topology, change)?;
    Some(Text::new(
        format!("with {named} there is a plan, and the others that are named as well"),
        format!("{named} とし、ほかに挙げたものも変われば計画できる"),
    ))
}

/// Returns a mark's name, which is what files call it, with its verb: disks are, the record is.
fn with_verb(mark: &str) -> String {
    format!("{mark} {}", if mark.ends_with('s') { "are" } else { "is" })
}

fn mark_in_the_way(server: &ServerName, mark: &str, now: &str, helps: &str, role: &str) -> Block {
    Block {
        step: None,
        server: Some(server.clone()),
        rule: format!("{mark}_allow"),
        because: Text::new(
            format!(
                "`{server}` can't become {role} while its {mark} `{now}`: no step leads on from there",
                mark = with_verb(mark)
            ),
            format!("`{server}` は {mark} が `{now}` の間は {role} にできない (そこから進む手順がない)"),
        ),
        hint: Some(Text::new(
            format!("there is a plan once its {mark} `{helps}`", mark = with_verb(mark)),
            format!("{mark} が `{helps}` になれば計画できる"),
        )),
    }
}

fn together_with_others(server: &ServerName, mark: &str, helps: &str) -> Text {
    Text::new(
        format!(
            "there is a plan once, at `{server}`, its {mark} `{helps}`, and the others that are named as well",
            mark = with_verb(mark)
        ),
        format!("`{server}` の {mark} が `{helps}` になり、ほかに挙げたものも変われば計画できる"),
    )
}

/// A server that the minimum does not count, for a mark that can change.
fn not_counted(change: &Change) -> Option<Block> {
    let Change::Mark(server, mark, now, helps) = change else { return None };
    Some(Block {
        step: None,
        server: Some(server.clone()),
        rule: format!("{mark}_count"),
        because: Text::new(
            format!("`{server}` does not count for it while its {mark} `{now}`", mark = with_verb(mark)),
            format!("`{server}` は {mark} が `{now}` の間はこの台数に入らない"),
        ),
        hint: Some(Text::new(
            format!("there is a plan once its {mark} `{helps}`", mark = with_verb(mark)),
            format!("{mark} が `{helps}` になれば計画できる"),
        )),
    })
}

/// What only a person can know, and has not declared.
fn stated(change: &Change, with_others: bool) -> Option<Block> {
    let (en, ja) = match with_others {
        true => (", and the others that are named as well", "、ほかに挙げたものも変われば"),
        false => ("", ""),
    };
    let (server, rule, because, hint) = match change {
        Change::Says(Statement::Lost, server) => (
            Some(server),
            "lost",
            Text::new(
                format!("`{server}` is not declared lost, so steps of its own are needed or spared"),
                format!("`{server}` は失われたと宣言されていないため、自身の手順を省けない"),
            ),
            Text::new(
                format!("if `{server}` is lost for good: with `lost: true` of it there is a plan{en}"),
                format!("`{server}` が完全に失われたのであれば、`lost: true` の宣言で{ja}計画できる"),
            ),
        ),
        Change::Says(Statement::Reinstalled, server) => (
            Some(server),
            "reinstalled",
            Text::new(
                format!("`{server}` is not declared to have been installed anew, so what is left of before stays"),
                format!("`{server}` は再インストールしたと宣言されていないため、以前の構成情報を除けない"),
            ),
            Text::new(
                format!("if `{server}` was installed anew: with `reinstalled: DATE` of it there is a plan{en}"),
                format!("`{server}` を再インストールしたのであれば、`reinstalled: 日付` の宣言で{ja}計画できる"),
            ),
        ),
        Change::MasterFiles => (
            None,
            "divergence",
            Text::new(
                "it is not declared that the files of the group's leader are the right ones",
                "先頭のサーバーのファイルが正しいとは宣言されていない",
            ),
            Text::new(
                format!("if they are known to be: with `divergence: {{ keep: master-files }}` there is a plan{en}"),
                format!("正しいと確認できていれば、`divergence: {{ keep: master-files }}` の宣言で{ja}計画できる"),
            ),
        ),
        _ => return None,
    };
    Some(Block { step: None, server: server.cloned(), rule: rule.into(), because, hint: Some(hint) })
}

/// Nothing that was tried helps: neither other marks, nor statements, nor giving up every minimum. Where nobody leads, that
/// is what stands in the way if a plan is possible as soon as the one that is to lead does.
fn nothing_helps(trial: &mut Trial<'_>) -> Block {
    let (topology, standings) = (trial.topology, trial.standings);
    let (table, next) = (topology.table, topology.leader());
    let leading = table.leading().unwrap_or_default();
    if let Some(next) = next.filter(|_| leaders(table, standings).next().is_none()) {
        let mut led = standings.clone();
        led.insert(next.clone(), as_wanted(table, leading));
        let is_possible = trial.works(topology, &led);
        let is_enough = is_possible && trial.holds(topology, &led);
        let bare = Topology { keep: Vec::new(), disrupt_at_most: None, ..topology.clone() };
        led.values_mut().for_each(|standing| standing.marks.clear());
        if is_possible || trial.works(&bare, &led) {
            return nobody_leads(next, leading, is_enough);
        }
    }
    Block {
        because: Text::new(
            "no sequence of the system's steps leads from the roles that are there to those declared, whatever the marks, the \
             statements and the minima",
            "マーク、宣言、最小台数をどう変えても、現在の役割から宣言された役割に至る手順の並びがない",
        ),
        ..no_sequence()
    }
}

/// Returns a standing of that role with the marks that are wanted of it.
fn as_wanted(table: &Table, role: RoleName) -> Standing {
    let wants = table.wants.iter().filter(|want| want.role == role && !matches!(want.holds, Holds::IfDeclared(_)));
    wants.fold(Standing::of(role), |standing, want| standing.with(want.mark, want.values[0]))
}

fn no_sequence() -> Block {
    Block {
        step: None,
        server: None,
        rule: "no_sequence".into(),
        because: Text::new(
            "no sequence of the system's steps leads from what is there to what is declared",
            "現在の状態から宣言された状態に至る手順の並びがない",
        ),
        hint: None,
    }
}

fn nobody_leads(next: &ServerName, leading: &str, is_enough: bool) -> Block {
    let hint = Text::new(
        format!("there is a plan once `{next}` is {leading}, by the product's own means"),
        format!("製品側の手段で `{next}` が {leading} になれば計画できる"),
    );
    Block {
        step: None,
        server: None,
        rule: "one_leader".into(),
        because: Text::new(
            format!(
                "nobody is {leading}, and no sequence of the system's steps makes anybody so from the roles that are there, whatever \
                 the marks, the statements and the minima"
            ),
            format!(
                "{leading} のサーバーがなく、マーク、宣言、最小台数をどう変えても、現在の役割からそれに至る手順がない"
            ),
        ),
        hint: is_enough.then_some(hint),
    }
}
