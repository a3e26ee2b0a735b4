//! Who is named, and to whom (R32, R60, R73, R84).

use super::*;

#[test]
fn a_substitute_for_the_record_is_named_only_to_an_authenticated_sender() {
    let ewa = Named { user: UserId(3), name: "Ewa Lis".into(), address: address("ewa@firma.pl"), phone: None };
    let named = |stamped: bool| {
        let mut mail = client_mail();
        if stamped {
            header(&mut mail, "authentication-results", "mx.firma.pl; dmarc=pass");
        }
        let mut trigger = trigger(&mail);
        trigger.for_record = Some(ewa.clone());
        let mut policy = policy();
        policy.settings.authserv_id = "mx.firma.pl".into();
        match decide(&trigger, &person(), &Ledger::default(), &policy, NOW) {
            Verdict::Send(plan) => plan.substitute.map(|named| named.user.0),
            Verdict::Withhold(reason) => panic!("{}", reason.rule()),
        }
    };
    assert_eq!(named(true), Some(3));
    assert_eq!(named(false), Some(2));
}

#[test]
fn whoever_stands_in_gets_no_notice_of_the_absence_they_cover() {
    let mut mail = client_mail();
    header(&mut mail, "authentication-results", "mx.firma.pl; dmarc=pass");
    let mut inside = policy();
    (inside.internal, inside.settings.authserv_id) = (true, "mx.firma.pl".into());
    let ask = |change: fn(&mut Trigger<'_>, &mut AbsentPerson)| {
        let (mut trigger, mut anna) = (trigger(&mail), person());
        trigger.sender.users = vec![UserId(2)];
        change(&mut trigger, &mut anna);
        reason(decide(&trigger, &anna, &Ledger::default(), &inside, NOW))
    };
    assert_eq!(ask(|_, _| ()), "R32", "under any of their addresses");
    let by_address: fn(&mut Trigger<'_>, &mut AbsentPerson) = |trigger, anna| {
        trigger.sender.users.clear();
        anna.substitute.as_mut().unwrap().address = address("jan@acme-pumps.com");
    };
    assert_eq!(ask(by_address), "R32");
    assert_eq!(ask(|trigger, _| trigger.sender.users = vec![UserId(3)]), "send");
    // Somebody else answers for what they write about: the notice has a name to give.
    let particular: fn(&mut Trigger<'_>, &mut AbsentPerson) = |trigger, _| {
        trigger.for_record = Some(Named { user: UserId(3), ..piotr() });
    };
    assert_eq!(ask(particular), "send");
}

#[test]
fn a_stranger_gets_no_subject_back() {
    let mut open = policy();
    open.settings.audience = config::Audience::Authenticated;
    open.settings.authserv_id = "mx".into();
    let mut stranger = client_mail();
    header(&mut stranger, "authentication-results", "mx; dmarc=pass");
    let mut trigger = trigger(&stranger);
    trigger.sender.known_contact = false;
    let Verdict::Send(plan) = decide(&trigger, &person(), &Ledger::default(), &open, NOW) else { panic!() };
    assert_eq!(plan.subject, None);
    header(&mut stranger, "content-type", "multipart/encrypted; protocol=x");
    let Verdict::Send(plan) = decide(&super::tests::trigger(&stranger), &person(), &Ledger::default(), &open, NOW)
    else {
        panic!()
    };
    assert_eq!(plan.subject, None);
}
