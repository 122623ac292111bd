//! Outputs as they are expected, in another wording, cut short, and hostile.

use proptest::prelude::*;

use super::*;

fn name(text: &str) -> ServerName {
    ServerName::new(text).unwrap()
}

// SR-01
#[test]
fn each_role_is_read_with_those_it_names() {
    let cases = [
        ("This server is a stand-alone server.\n", Replication::Standalone),
        ("Replication is not configured\n", Replication::Standalone),
        (
            "This server is configured as a secondary server.\nThe primary server is: sr1\n",
            Replication::Secondary(name("sr1")),
        ),
        (
            "This server is configured as a primary server.\nThe secondary servers are:\n\tsr2\n\tsr3\n",
            Replication::Primary(vec![name("sr2"), name("sr3")]),
        ),
        (
            "This server is configured as a primary server.\nThe secondary servers are:\n",
            Replication::Primary(Vec::new()),
        ),
        ("Role: PRIMARY\nSecondaries: sr2, sr3\n", Replication::Primary(vec![name("sr2"), name("sr3")])),
    ];
    for (text, want) in cases {
        assert_eq!(replication(text), Ok(want), "{text}");
    }
}

// SR-01
#[test]
fn what_is_not_understood_as_a_whole_is_an_error_and_no_guess() {
    let cases = [
        "",
        "This server is configured as a sec",
        "This server is configured as a secondary server.\n",
        "This server is configured as a secondary server.\nThe primary server is:\n",
        "This server is configured as a secondary server.\nThe primary server is: sr1 sr2\n",
        "This server is configured as a secondary server.\nThe primary server is: sr1;reboot\n",
        "This server is configured as a primary server.\n",
        "This server is configured as a primary server.\nThe secondary servers are: sr2 sr2\n",
        "This server is configured as a primary server.\nThe primary server is: sr1\n",
        "This server was primary and is secondary now.\nThe primary server is: sr1\n",
        "This server is a standalone server.\nThe primary server is: sr1\n",
        "This server is configured as a secondary server.\nThe primary server is: sr",
        "Dieser Server ist eigenst\u{e4}ndig.\n",
    ];
    for text in cases {
        assert!(replication(text).is_err(), "{text}: {:?}", replication(text));
    }
}

#[test]
fn headings_are_no_users() {
    assert_eq!(users(""), 0);
    assert_eq!(users("Token ID   Server   Port   User Name\n--------   ------   ----   ---------\n"), 0);
    assert_eq!(
        users("Token ID   Server   Port   User Name\nuser.1   sr1   7007   hanako\nuser.2   sr1   7007   taro\n"),
        2
    );
}

proptest! {
    #[test]
    fn no_output_brings_the_parsers_down(text in "(?s).{0,200}") {
        let _ = replication(&text);
        users(&text);
        prop_assert!(shown(&text).chars().count() <= 122);
    }

    #[test]
    fn an_output_cut_anywhere_never_becomes_another_role(cut in 0_usize..110) {
        let texts = [
            ("This server is configured as a primary server.\nThe secondary servers are:\n\tsr2\n\tsr3\n", 1),
            ("This server is configured as a secondary server.\nThe primary server is: sr1\n", 2),
        ];
        for (text, role) in texts {
            let part: String = text.chars().take(cut).collect();
            let read = match replication(&part) {
                Ok(Replication::Standalone) => 0,
                Ok(Replication::Primary(_)) => 1,
                Ok(Replication::Secondary(_)) => 2,
                Err(_) => role,
            };
            prop_assert_eq!(read, role, "{}", part);
        }
    }
}
