//! Starting and stopping: arguments, log, runtime, and the program that keeps running.

mod serve;
mod tasks;

pub use serve::serve;
