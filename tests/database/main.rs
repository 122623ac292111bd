//! The product's database over a real socket: login, TLS, transactions, locks, and all that can go wrong on the way.
//! The server is the practice farm's own; what it proves and what not stands at its head.

mod bad;
mod locks;
mod queries;
mod served;
mod stage;
mod walk;
