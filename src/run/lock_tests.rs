use super::*;

fn holder(who: &str) -> Holder {
    Holder {
        group: "Store".into(),
        system: "co-store".into(),
        who: who.into(),
        host: "admin1".into(),
        process: 7,
        since: Timestamp::UNIX_EPOCH,
    }
}

#[test]
fn a_lock_is_held_until_it_is_dropped_and_its_file_says_by_whom() {
    let folder = tempfile::tempdir().unwrap();
    let state = State::at(folder.path());
    let lock = take(&state, &holder("hanako")).unwrap();
    let Err(LockFault::Held { holder: Some(by), .. }) = take(&state, &holder("taro")) else {
        panic!("it was taken twice")
    };
    assert_eq!((by.who.as_str(), lock.fence.number()), ("hanako", 1));
    let other = Holder { group: "Labs".into(), ..holder("taro") };
    assert!(take(&state, &other).is_ok(), "each group has its own");
    assert_eq!(held(&state).unwrap(), [Some(holder("hanako"))]);
    drop(lock);
    assert_eq!(held(&state).unwrap(), []);
    assert_eq!(take(&state, &holder("taro")).unwrap().fence.number(), 2);
}

#[test]
fn whoever_lists_locks_for_an_instant_keeps_nobody_from_taking_one() {
    let folder = tempfile::tempdir().unwrap();
    let state = State::at(folder.path());
    drop(take(&state, &holder("hanako")).unwrap());
    let listed = File::options().write(true).open(state.lock("co-store", "Store")).unwrap();
    listed.lock().unwrap();
    let taken = std::thread::scope(|scope| {
        let taking = scope.spawn(|| take(&state, &holder("taro")).map(|lock| lock.fence.number()));
        std::thread::sleep(Duration::from_millis(5));
        drop(listed);
        taking.join().unwrap()
    });
    assert_eq!(taken.unwrap(), 2);
}
