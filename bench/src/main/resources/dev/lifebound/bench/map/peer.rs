// Rust's own map with a multiplicative hash: prints the nanoseconds of a get that hits and of one
// that misses, and the microseconds of the p99.99 and of the maximum of single puts while a map
// grows from empty.
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::time::Instant;

#[derive(Default)]
struct Multiply(u64);

impl Hasher for Multiply {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(byte as u64);
        }
    }
    fn write_u64(&mut self, word: u64) {
        let mixed = (self.0 ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.0 = mixed ^ (mixed >> 32);
    }
}

type Map = HashMap<u64, u64, BuildHasherDefault<Multiply>>;

fn fill(keys: &[u64], nanos: &mut [u64]) -> Map {
    let mut map = Map::default();
    for (i, &key) in keys.iter().enumerate() {
        let before = Instant::now();
        map.insert(key, i as u64);
        nanos[i] = before.elapsed().as_nanos() as u64;
    }
    map
}

fn gets(map: &Map, keys: &[u64]) -> (f64, u64) {
    let mut best = u128::MAX;
    let mut sum = 0u64;
    for _ in 0..5 {
        let before = Instant::now();
        for key in keys {
            sum = sum.wrapping_add(map.get(key).copied().unwrap_or(0));
        }
        best = best.min(before.elapsed().as_nanos());
    }
    (best as f64 / keys.len() as f64, sum)
}

fn main() {
    let n: usize = std::env::args().nth(1).unwrap().parse().unwrap();
    let mut state = 42u64;
    // SplitMix64.
    let mut next = || {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    };
    let mut keys: Vec<u64> = (0..n).map(|_| next()).collect();
    let other: Vec<u64> = (0..n).map(|_| next()).collect();
    let mut nanos = vec![0u64; n];
    let mut map = Map::default();
    for _ in 0..2 {
        map = fill(&keys, &mut nanos);
    }
    nanos.sort_unstable();
    for i in (1..n).rev() {
        keys.swap(i, (next() % (i as u64 + 1)) as usize);
    }
    let (hit, sum) = gets(&map, &keys);
    let (miss, none) = gets(&map, &other);
    assert!(sum != 0 && none == 0, "the map must hold its keys");
    println!(
        "{} {} {} {}",
        hit,
        miss,
        nanos[n - 1 - n / 10_000] as f64 / 1e3,
        nanos[n - 1] as f64 / 1e3
    );
}
