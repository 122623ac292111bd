//! How many servers of each kind that the table counts remain at every moment of a plan.
//!
//! Read off the steps and not asked of the planner. A server that does not serve while its step runs is left out of the
//! lowest count of that step; one that is declared lost counts for nothing.

use std::collections::BTreeSet;

use super::{Say, capital, tables, text};
use crate::model::name::ServerName;
use crate::model::plan::{GroupPlan, Step};
use crate::model::snapshot::Standing;
use crate::model::table::{Count, Disruption, Statement};
use crate::report::phrases;
use crate::report::words::headline;

/// Up to this many steps every moment has a row; beyond, they are drawn.
const MOST_ROWS: usize = 40;
/// The most dots of one count.
const MOST_DOTS: usize = 16;
/// The most points of a drawing.
const MOST_POINTS: usize = 600;

/// What the table counts, at every moment of a plan.
#[derive(Debug)]
pub(super) struct Remaining {
    pub count: &'static Count,
    /// The fewest that `keep` allows, where it is declared.
    pub keep: Option<usize>,
    /// Whether the leader is counted.
    pub leads: bool,
    /// At the start, then after each step.
    pub after: Vec<usize>,
    /// While each step runs: never more than before and after it.
    pub during: Vec<usize>,
}

impl Remaining {
    fn lowest(&self) -> usize {
        self.after.iter().chain(&self.during).copied().min().unwrap_or_default()
    }

    fn most(&self) -> usize {
        self.after.iter().copied().max().unwrap_or_default()
    }
}

/// Counts every moment. What was not there to begin with can't be lost: it is left out, unless it is kept or leads.
pub(super) fn remaining(group: &GroupPlan) -> Vec<Remaining> {
    let topology = &group.topology;
    let of = |count: &'static Count| {
        let keep = topology.keep.iter().find(|(name, _)| *name == count.name).map(|(_, least)| *least as usize);
        let counts = |server: &ServerName, standing: &Standing| {
            count.is_of(standing.role) && standing.meets(count.needs) && !topology.says(Statement::Lost, server)
        };
        let mut standings = group.standings.clone();
        let start = standings.iter().filter(|(server, standing)| counts(server, standing));
        let mut counted: BTreeSet<ServerName> = start.map(|(server, _)| server.clone()).collect();
        let (mut after, mut during) = (vec![counted.len()], Vec::with_capacity(group.steps.len()));
        for step in &group.steps {
            let before = counted.len();
            step.apply(&mut standings);
            for server in step.touches() {
                match standings.get(server).is_some_and(|standing| counts(server, standing)) {
                    true => _ = counted.insert(server.clone()),
                    false => _ = counted.remove(server),
                }
            }
            let is_away = step.transition.disruption == Disruption::Offline && counted.contains(&step.server);
            during.push(before.min(counted.len() - usize::from(is_away)));
            after.push(counted.len());
        }
        let leads = count.roles.iter().any(|role| topology.table.leads(role));
        Remaining { count, keep, leads, after, during }
    };
    let all = topology.table.counts.iter().map(of);
    all.filter(|one| one.keep.is_some() || one.after[0] > 0 || one.leads).collect()
}

/// Says what remains after a step, and where it is less, while it runs; nothing where a table has said so already.
pub(super) fn remaining_said(remaining: &[Remaining], number: usize, say: Say) -> String {
    let one = |one: &Remaining| {
        let title = text(one.count.title.say(say.language));
        (one.after.len() > MOST_ROWS).then(|| format!("{title}{}{}", say.colon(), figure(one, number, say)))
    };
    remaining.iter().filter_map(one).collect::<Vec<_>>().join("<br>")
}

/// Returns a count after a step, 0 being the start, with what there is of it while the step runs, where that is less
/// than before and after it.
fn figure(one: &Remaining, number: usize, say: Say) -> String {
    let after = one.after.get(number).copied().unwrap_or_default();
    let before = number.checked_sub(1).map(|before| (one.after[before], one.during.get(before).copied()));
    let dip = before.and_then(|(before, during)| during.filter(|during| *during < before.min(after)));
    let lowest = dip.unwrap_or(after);
    // That fewer servers have a role which nobody counts on is what a climb does.
    let matters = one.keep.is_some() || one.leads;
    let class = match one.keep {
        _ if lowest == 0 && one.after[0] > 0 && matters => " class=\"gone\"",
        Some(keep) if lowest <= keep => " class=\"low\"",
        _ => "",
    };
    let meanwhile = dip.map(|dip| say.fill(phrases::HTML_MEANWHILE, &[("n", &dip.to_string())]));
    let meanwhile = meanwhile.map(|said| format!(" <span class=\"soft\">({said})</span>")).unwrap_or_default();
    format!("<span{class}>{after}</span>{meanwhile}")
}

/// Returns a row for each moment, or where there are too many a drawing of each count.
pub(super) fn chart(group: &GroupPlan, remaining: &[Remaining], id: &str, say: Say) -> String {
    let mut out = String::from("<ul>\n");
    for one in remaining {
        let keep = one.keep.map(|least| say.fill(phrases::HTML_KEEP, &[("n", &least.to_string())]));
        let keep = keep.map(|keep| format!("{}{keep}", say.of(phrases::COMMA))).unwrap_or_default();
        let lowest = say.fill(phrases::HTML_LOWEST, &[("n", &one.lowest().to_string())]);
        let title = capital(one.count.title.say(say.language));
        out.push_str(&format!("<li><strong>{}</strong>{}{lowest}{keep}</li>\n", text(&title), say.colon()));
    }
    out.push_str("</ul>\n");
    if group.steps.len() > MOST_ROWS {
        for (index, one) in remaining.iter().enumerate() {
            out.push_str(&drawing(one, &format!("{id}-r{index}"), say));
        }
        return out;
    }
    let mut heads = vec![say.label(phrases::HTML_MOMENT)];
    heads.extend(remaining.iter().map(|one| capital(one.count.title.say(say.language))));
    let row = |moment: String, number: usize| {
        let cell = |one: &Remaining| {
            format!("<td class=\"count\">{}{}</td>", figure(one, number, say), dots(one.after[number], one.most()))
        };
        format!("<tr><th scope=\"row\">{moment}</th>{}</tr>\n", remaining.iter().map(cell).collect::<String>())
    };
    let mut rows = vec![row(text(&say.label(phrases::HTML_START)), 0)];
    rows.extend(group.steps.iter().map(|step| row(moment(group, step, say), step.number)));
    out.push_str(&tables::table("", &heads, &rows, &format!("{id}-t")));
    out
}

fn moment(group: &GroupPlan, step: &Step, say: Say) -> String {
    let after = say.fill(phrases::AFTER_STEP, &[("number", &step.number.to_string())]);
    let does = headline(step, group.topology.table, say.language);
    format!("{}<br><span class=\"soft\">{}</span>", text(&capital(&after)), text(&does))
}

/// Draws a dot for each server, empty ones up to the most that there are.
fn dots(n: usize, most: usize) -> String {
    if most > MOST_DOTS {
        return String::new();
    }
    let dot = |at: usize| {
        let (class, radius) = if at < n { ("on", "5") } else { ("off", "4.25") };
        format!("<circle class=\"{class}\" cx=\"{}\" cy=\"6\" r=\"{radius}\"/>", 6 + at * 14)
    };
    let width = most * 14;
    format!(
        "<svg class=\"dots\" width=\"{width}\" height=\"12\" viewBox=\"0 0 {width} 12\" aria-hidden=\"true\">{}</svg>",
        (0..most).map(dot).collect::<String>()
    )
}

/// Draws a count over all moments, with the fewest of each piece where there are more moments than room.
fn drawing(one: &Remaining, id: &str, say: Say) -> String {
    let lowest_at =
        |moment: usize| one.during.get(moment).map_or(one.after[moment], |during| (*during).min(one.after[moment]));
    let piece = one.after.len().div_ceil(MOST_POINTS);
    let moments: Vec<usize> = (0..one.after.len()).collect();
    let points: Vec<usize> =
        moments.chunks(piece).map(|piece| piece.iter().map(|at| lowest_at(*at)).min().unwrap_or_default()).collect();
    let most = one.most().max(one.keep.unwrap_or_default()).max(1);
    let (width, height) = (600.0, 80.0);
    let wide = width / points.len() as f64;
    let y = |n: usize| height - n as f64 / most as f64 * height;
    let mut path = format!("M0 {height}");
    for (index, n) in points.iter().enumerate() {
        path.push_str(&format!("V{:.1}H{:.1}", y(*n), (index + 1) as f64 * wide));
    }
    let keep = one.keep.map_or(String::new(), |least| {
        format!("<line class=\"least\" x1=\"0\" x2=\"{width}\" y1=\"{0:.1}\" y2=\"{0:.1}\"/>", y(least))
    });
    let title = text(&capital(one.count.title.say(say.language)));
    let told = [("n", one.lowest().to_string()), ("most", one.most().to_string())];
    let told: Vec<(&str, &str)> = told.iter().map(|(name, value)| (*name, value.as_str())).collect();
    format!(
        "<svg class=\"chart\" role=\"img\" aria-labelledby=\"{id}-a {id}-b\" viewBox=\"0 -4 {width} {}\" preserveAspectRatio=\"none\" \
         style=\"height:5.5rem\"><title id=\"{id}-a\">{title}</title><desc id=\"{id}-b\">{}</desc>\
         <path class=\"bar\" d=\"{path}V{height}Z\"/>{keep}</svg>\n<p class=\"soft\">{title}</p>\n",
        height + 8.0,
        text(&say.fill(phrases::HTML_DRAWN, &told))
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::sample;

    #[test]
    fn every_moment_is_counted_and_a_new_slave_counts_only_once_it_is_complete() {
        let plan = sample::plan();
        let counted = remaining(&plan.groups[0]);
        let of = |name: &str| counted.iter().find(|one| one.count.name == name).unwrap();
        assert_eq!((of("slave").after.as_slice(), of("slave").keep), ([1, 1, 1, 1].as_slice(), Some(1)));
        assert_eq!(
            (of("master").after.as_slice(), of("master").during.as_slice()),
            ([1; 4].as_slice(), [1; 3].as_slice())
        );
        assert_eq!(counted.len(), 2, "additional servers were none to begin with");
    }

    #[test]
    fn a_lost_server_counts_for_nothing() {
        let mut plan = sample::plan();
        plan.groups[0].topology.servers[1].lost = true;
        let counted = remaining(&plan.groups[0]);
        assert_eq!(counted[0].after, [0, 0, 0, 0]);
    }
}
