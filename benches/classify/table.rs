//! Bars: what was counted, what is asked, and the examples that missed it.

/// One bar.
#[derive(Debug)]
pub struct Bar {
    /// What is counted.
    pub what: String,
    /// How many did it.
    pub met: usize,
    /// Of how many.
    pub of: usize,
    /// What is asked.
    pub asked: Asked,
    /// What missed it, with what was found.
    pub misses: Vec<String>,
}

/// What a bar asks.
#[derive(Clone, Copy, Debug)]
pub enum Asked {
    /// At least this share.
    AtLeast(f64),
    /// At most this share.
    AtMost(f64),
    /// At least this many.
    Number(usize),
    /// Only told.
    Told,
}

impl Bar {
    /// A bar on which nothing was counted yet.
    pub fn new(what: &str, asked: Asked) -> Bar {
        Bar { what: what.to_owned(), met: 0, of: 0, asked, misses: Vec::new() }
    }

    /// Counts one; `found` is said of it where it speaks against the bar.
    pub fn count(&mut self, met: bool, name: &str, found: impl FnOnce() -> String) {
        self.of += 1;
        self.met += usize::from(met);
        let against = matches!(self.asked, Asked::AtMost(_)) == met;
        if against {
            self.misses.push(format!("{name}: {}", found()));
        }
    }

    /// Whether it holds. A bar on which nothing was counted does not.
    pub fn holds(&self) -> bool {
        let share = self.met as f64 / self.of.max(1) as f64;
        self.of > 0
            && match self.asked {
                Asked::AtLeast(least) => share >= least,
                Asked::AtMost(most) => share <= most,
                Asked::Number(least) => self.met >= least,
                Asked::Told => true,
            }
    }

    /// A line of the table.
    pub fn line(&self) -> String {
        let asked = match self.asked {
            Asked::AtLeast(least) if least >= 1.0 => "all".to_owned(),
            Asked::AtLeast(least) => format!("at least {:.1} %", least * 100.0),
            Asked::AtMost(0.0) => "none".to_owned(),
            Asked::AtMost(most) => format!("at most {:.1} %", most * 100.0),
            Asked::Number(least) => format!("at least {least}"),
            Asked::Told => String::new(),
        };
        let share = 100.0 * self.met as f64 / self.of.max(1) as f64;
        let held = if self.holds() { "" } else { "  MISSED" };
        format!("{:<66} {:>5} of {:>5}  {share:>6.2} %  {asked}{held}", self.what, self.met, self.of)
    }
}

/// Prints the table; whether every bar holds.
pub fn print(bars: &[Bar], examples: usize) -> bool {
    for bar in bars {
        println!("{}", bar.line());
        let shown = if matches!(bar.asked, Asked::Told) { 0 } else { examples };
        for miss in bar.misses.iter().take(shown) {
            println!("      {miss}");
        }
    }
    bars.iter().all(Bar::holds)
}
