//! tmp
use crate::model::thread::{ThreadInput, Key};
use std::collections::HashMap;
/// p
pub fn parents(m: &[ThreadInput]) -> Vec<Option<usize>> {
    let ids: HashMap<Key, usize> = m.iter().enumerate().filter_map(|(n, t)| Some((t.id?, n))).collect();
    m.iter().enumerate().map(|(n,t)| t.references.iter().chain(&t.in_reply_to).rev().find_map(|k| ids.get(k).copied()).filter(|p| *p != n)).collect()
}
/// g
pub fn group(m: &[ThreadInput]) -> Vec<usize> {
    let mut root: Vec<usize> = (0..m.len()).collect();
    fn find(r: &mut Vec<usize>, mut x: usize) -> usize { while r[x] != x { r[x] = r[r[x]]; x = r[x]; } x }
    let mut by: HashMap<Key, usize> = HashMap::new();
    for (n,t) in m.iter().enumerate() { for k in t.id.iter().chain(&t.references).chain(&t.in_reply_to) { let o = *by.entry(*k).or_insert(n); let (a,b)=(find(&mut root,o),find(&mut root,n)); let (a,b)=(a.min(b),a.max(b)); root[b]=a; } }
    (0..m.len()).map(|n| find(&mut root, n)).collect()
}
