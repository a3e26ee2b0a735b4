//! What a bench prints: figures of each runner, and the bars they are held against.

use super::measure::Took;

/// The middle one; of an even number the mean of the two.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = |n: usize| sorted.get(n).copied().unwrap_or(f64::NAN);
    (at(sorted.len().saturating_sub(1) / 2) + at(sorted.len() / 2)) / 2.0
}

fn least(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::INFINITY, f64::min)
}

fn most(values: &[f64]) -> f64 {
    values.iter().copied().fold(0.0, f64::max)
}

/// The head of the table of runners.
pub fn head() {
    println!(
        "\n{:<34} {:>8} {:>8} {:>8}   {:>9} {:>10} {:>8}",
        "seconds", "median", "min", "max", "own cpu", "server cpu", "peak MB"
    );
}

/// A runner's figures. Nothing if it did not run.
pub fn row(name: &str, runs: &[Took]) {
    if runs.is_empty() {
        return;
    }
    let of = |what: fn(&Took) -> f64| runs.iter().map(what).collect::<Vec<f64>>();
    let walls = of(|t| t.wall);
    println!(
        "{name:<34} {:>8.2} {:>8.2} {:>8.2}   {:>9.2} {:>10.2} {:>8.0}",
        median(&walls),
        least(&walls),
        most(&walls),
        median(&of(|t| t.cpu)),
        median(&of(|t| t.server)),
        most(&of(|t| t.peak)),
    );
}

/// A moment inside a runner's time.
pub fn moment(name: &str, seconds: &[f64]) {
    if !seconds.is_empty() {
        println!("{name:<34} {:>8.2} {:>8.2} {:>8.2}", median(seconds), least(seconds), most(seconds));
    }
}

/// Holds one runner's median against another's, where both ran; says the least and greatest ratio
/// within a round too, which tell how far noise may have moved it.
pub fn ratio(name: &str, ours: &[f64], theirs: &[f64], bar: Option<f64>) {
    if ours.is_empty() || theirs.is_empty() {
        return;
    }
    let rounds: Vec<f64> = ours.iter().zip(theirs).map(|(a, b)| a / b).collect();
    let value = median(ours) / median(theirs);
    let spread = format!("(rounds {:.2} to {:.2})", least(&rounds), most(&rounds));
    match bar {
        Some(bar) => println!("{name:<52} {value:>6.2}   bar {bar:>6.2}   {:<6} {spread}", verdict(value <= bar)),
        None => println!("{name:<52} {value:>6.2}   {:<10}   {:<6} {spread}", "", ""),
    }
}

/// Holds a figure against its bar.
pub fn below(name: &str, values: &[f64], bar: f64, of: fn(&[f64]) -> f64) {
    if !values.is_empty() {
        println!("{name:<52} {:>6.2}   bar {bar:>6.2}   {}", of(values), verdict(of(values) < bar));
    }
}

/// The greatest of them: for memory.
pub fn greatest(values: &[f64]) -> f64 {
    most(values)
}

fn verdict(met: bool) -> &'static str {
    if met { "met" } else { "MISSED" }
}
