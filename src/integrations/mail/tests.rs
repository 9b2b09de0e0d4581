//! The SMTP mailer against a server that misbehaves on demand.

#[path = "../../../tests/it/support/smtp_sink.rs"]
#[expect(dead_code, reason = "the tests of durability use the rest")]
mod smtp_sink;

use std::time::Duration;

use chrono::DateTime;
use secrecy::SecretString;
use smtp_sink::{Answer, SmtpSink};
use uuid::Uuid;

use super::*;
use crate::config::{SmtpConfig, SmtpCredentials, SmtpSecurity};
use crate::domain::language::Language;

fn config(sink: &SmtpSink) -> SmtpConfig {
    SmtpConfig {
        host: "127.0.0.1".to_owned(),
        port: sink.address().port(),
        security: SmtpSecurity::NoneOnLoopback,
        credentials: None,
        timeout: Duration::from_secs(10),
    }
}

fn mail(text: &str) -> OutgoingMail {
    mime::outgoing(&mime::Message {
        from: "Handback <handback@exempelkommunen.example>".parse().unwrap(),
        reply_to: None,
        to: vec!["chef@exempelkommunen.example".parse().unwrap()],
        cc: vec!["desk@exempelkommunen.example".parse().unwrap()],
        subject: "Lämna tillbaka mobilen".to_owned(),
        text: text.to_owned(),
        html: format!("<p>{text}</p>"),
        language: Language::Sv,
        message_id: mime::message_id(Uuid::from_u128(1), "exempelkommunen.example"),
        date: DateTime::from_timestamp(1_766_649_600, 0).unwrap(),
        in_reply_to: None,
        attachments: Vec::new(),
    })
    .unwrap()
}

async fn sink_and_mailer() -> (SmtpSink, SmtpMailer) {
    let sink = SmtpSink::start().await.unwrap();
    let mailer = SmtpMailer::new(&config(&sink)).unwrap();
    (sink, mailer)
}

#[tokio::test]
async fn an_accepted_mail_arrives_byte_for_byte_and_the_connection_is_used_again() {
    let (sink, mailer) = sink_and_mailer().await;
    let mail = mail("Hej");
    sink.answer(
        ".",
        Answer::Reply("250 2.0.0 queued as 4711 for <chef@exempelkommunen.example>"),
    );
    let accepted = mailer.send(&mail).await.unwrap();
    assert_eq!(accepted.reply, "250 2.0.0 queued as 4711 for <address>");
    mailer.send(&mail).await.unwrap();
    let received = sink.mails();
    assert_eq!(received[0].from, mail.envelope_from);
    assert_eq!(received[0].to, mail.envelope_to);
    assert!(received.iter().all(|received| received.data == mail.raw));
    assert_eq!((received.len(), sink.connections()), (2, 1));
}

#[tokio::test]
async fn a_dot_on_a_line_of_its_own_stays_inside_the_mail() {
    let (sink, mailer) = sink_and_mailer().await;
    let mail = mail("Hej\r\n.\r\nMAIL FROM:<x@exempel.example>\r\n..\n.\nslut");
    mailer.send(&mail).await.unwrap();
    assert_eq!(sink.mails().len(), 1);
    assert_eq!(sink.mails()[0].data, mail.raw);
}

#[tokio::test]
async fn a_refusal_of_the_mail_is_permanent_and_a_deferral_is_not() {
    let (sink, mailer) = sink_and_mailer().await;
    let permanent = |reply: &str| MailError::Permanent {
        reply: reply.to_owned(),
    };
    let transient = |reply: &str| MailError::Transient {
        reply: reply.to_owned(),
    };
    let cases = [
        (
            "RCPT",
            "550 5.1.1 <chef@exempelkommunen.example>: no such user",
            permanent("550 5.1.1 <address> no such user"),
        ),
        (".", "554 5.7.1 refused", permanent("554 5.7.1 refused")),
        ("MAIL", "451 4.3.0 try later", transient("451 4.3.0 try later")),
        (".", "452 4.2.2 full", transient("452 4.2.2 full")),
        (
            "MAIL",
            "530 5.7.0 authenticate first",
            transient("530 5.7.0 authenticate first"),
        ),
        ("EHLO", "554 5.7.1 blocked", transient("554 5.7.1 blocked")),
        (".", "354 what?", transient("354 what?")),
    ];
    for (when, reply, expected) in cases {
        sink.answer(when, Answer::Reply(reply));
        assert_eq!(mailer.send(&mail("Hej")).await, Err(expected));
    }
    assert_eq!(sink.mails().len(), 0);
    mailer.send(&mail("Hej")).await.unwrap();
}

#[tokio::test]
async fn a_connection_that_drops_after_the_data_leaves_the_outcome_open() {
    let (sink, mailer) = sink_and_mailer().await;
    sink.answer(".", Answer::Close);
    let error = mailer.send(&mail("Hej")).await.unwrap_err();
    assert!(matches!(error, MailError::Transient { .. }), "{error:?}");
    mailer.send(&mail("Hej")).await.unwrap();
    let received = sink.mails();
    assert_eq!(
        received.len(),
        2,
        "the mail had arrived, and the second try brought the same bytes again"
    );
    assert_eq!(received[0].data, received[1].data);
}

#[tokio::test]
async fn a_connection_that_owes_an_answer_is_not_used_for_the_next_mail() {
    let sink = SmtpSink::start().await.unwrap();
    let short = SmtpConfig {
        timeout: Duration::from_secs(1),
        ..config(&sink)
    };
    let mailer = SmtpMailer::new(&short).unwrap();
    mailer.send(&mail("warm")).await.unwrap();
    sink.answer(".", Answer::Wait(Duration::from_secs(3600)));
    let late = mailer.send(&mail("late")).await.unwrap_err();
    assert_eq!(
        late,
        MailError::transient("no answer from the mail server in time")
    );
    sink.answer(".", Answer::Reply("550 5.7.1 refused"));
    assert_eq!(
        mailer.send(&mail("next")).await,
        Err(MailError::permanent("550 5.7.1 refused"))
    );
    assert_eq!(sink.connections(), 2);
}

#[tokio::test]
async fn a_server_that_is_not_there_is_a_transient_failure() {
    let (sink, _) = sink_and_mailer().await;
    let gone = config(&sink);
    sink.stop().await;
    let error = SmtpMailer::new(&gone)
        .unwrap()
        .send(&mail("Hej"))
        .await
        .unwrap_err();
    assert!(matches!(error, MailError::Transient { .. }), "{error:?}");
}

#[tokio::test]
async fn without_starttls_neither_mail_nor_password_is_sent() {
    let sink = SmtpSink::start().await.unwrap();
    let password = SecretString::from("hemligt");
    let credentials = Some(SmtpCredentials {
        user: "handback".to_owned(),
        password,
    });
    let strict = SmtpConfig {
        security: SmtpSecurity::Starttls,
        credentials,
        ..config(&sink)
    };
    let error = SmtpMailer::new(&strict)
        .unwrap()
        .send(&mail("Hej"))
        .await
        .unwrap_err();
    assert!(
        matches!(&error, MailError::Transient { reply } if reply.contains("STARTTLS")),
        "{error:?}"
    );
    assert_eq!(
        sink.commands()
            .iter()
            .filter(|line| !line.starts_with("EHLO") && *line != "QUIT")
            .count(),
        0
    );
}

#[tokio::test]
async fn a_wrong_password_does_not_condemn_the_mail() {
    let sink = SmtpSink::start().await.unwrap();
    let password = SecretString::from("hemligt");
    let credentials = Some(SmtpCredentials {
        user: "handback".to_owned(),
        password,
    });
    let mailer = SmtpMailer::new(&SmtpConfig {
        credentials,
        ..config(&sink)
    })
    .unwrap();
    sink.answer("AUTH", Answer::Reply("535 5.7.8 bad credentials"));
    assert_eq!(
        mailer.send(&mail("Hej")).await,
        Err(MailError::transient("535 5.7.8 bad credentials"))
    );
    mailer.send(&mail("Hej")).await.unwrap();
}

#[tokio::test]
async fn what_could_smuggle_a_command_or_a_second_mail_is_not_sent() {
    let (sink, mailer) = sink_and_mailer().await;
    let good = mail("Hej");
    let address = |text: &str| text.to_owned();
    let bad = [
        OutgoingMail {
            raw: b"Subject: x\r\n\r\na\n.\r\nMAIL FROM:<x@y>\r\n".to_vec(),
            ..good.clone()
        },
        OutgoingMail {
            raw: b"Subject: x\r\n\r\na\r.\r\n".to_vec(),
            ..good.clone()
        },
        OutgoingMail {
            raw: b"Subject: x\r\n\r\nno end".to_vec(),
            ..good.clone()
        },
        OutgoingMail {
            envelope_from: address("a@b.example>\r\nRCPT TO:<c@d.example"),
            ..good.clone()
        },
        OutgoingMail {
            envelope_to: vec![address("a@b.example\r\nDATA")],
            ..good.clone()
        },
        OutgoingMail {
            envelope_to: vec![],
            ..good.clone()
        },
    ];
    for mail in bad {
        let error = mailer.send(&mail).await.unwrap_err();
        assert!(matches!(error, MailError::Permanent { .. }), "{error:?}");
    }
    assert_eq!(sink.connections(), 0);
}

#[test]
fn plain_text_to_another_machine_is_refused_at_setup() {
    let remote = SmtpConfig {
        host: "mail.exempel.example".to_owned(),
        port: 25,
        security: SmtpSecurity::NoneOnLoopback,
        credentials: None,
        timeout: Duration::from_secs(1),
    };
    assert!(matches!(SmtpMailer::new(&remote), Err(MailSetupError::Plaintext)));
}

#[test]
fn a_reply_is_kept_as_one_short_line_without_addresses() {
    let reply = format!("550 no\r\n<a@b.example>\u{1b}[31m \u{202e}{}", "x".repeat(600));
    let kept = scrub(&reply);
    assert!(kept.starts_with("550 no <address> [31m xxx"), "{kept}");
    assert_eq!(kept.chars().count(), 500);
}

#[tokio::test]
async fn a_server_that_repeats_the_recipient_in_any_form_is_not_quoted() {
    let (sink, mailer) = sink_and_mailer().await;
    let to_private = OutgoingMail {
        envelope_to: vec!["Anna.Ek+hem@anna-ek.example".to_owned()],
        ..mail("Hej")
    };
    for reply in [
        "550 5.1.1 no mailbox 'anna.ek' here",
        "550 5.1.1 no mailbox anna.ek+hem%anna-ek.example here",
        "550 5.1.1 no mailbox smtp:ANNA.EK%40ANNA-EK.EXAMPLE, here",
        "550 5.1.1 no mailbox /var/mail/anna.ek+hem here",
        "550 5.1.1 no mailbox <anna.ek@anna-ek.example> here",
    ] {
        sink.answer("RCPT", Answer::Reply(reply));
        assert_eq!(
            mailer.send(&to_private).await,
            Err(MailError::permanent("550 5.1.1 no mailbox <address> here")),
            "{reply}"
        );
    }
    sink.answer(".", Answer::Reply("250 2.0.0 queued for anna-ek.example as 4711"));
    let accepted = mailer.send(&to_private).await.unwrap();
    assert_eq!(accepted.reply, "250 2.0.0 queued for <address> as 4711");
}

#[tokio::test]
async fn the_mailer_in_memory_keeps_mail_and_fails_on_demand() {
    let mailer = MemoryMailer::default();
    mailer.fail_next(MailError::transient("451 later"));
    assert_eq!(
        mailer.send(&mail("Hej")).await,
        Err(MailError::transient("451 later"))
    );
    mailer.send(&mail("Hej")).await.unwrap();
    assert_eq!(mailer.sent(), [mail("Hej")]);
}

#[test]
fn a_refusal_is_about_the_address_only_where_it_says_so() {
    for (reply, blamed) in [
        (
            "550 5.1.1 <address>: Recipient address rejected: User unknown",
            true,
        ),
        (
            "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found",
            true,
        ),
        (
            "550 5.2.1 The email account that you tried to reach is disabled",
            true,
        ),
        ("550 unknown", true),
        ("553 mailbox name not allowed", true),
        ("5.1.1 bad destination mailbox address", true),
        ("550 5.7.1 Message rejected due to policy", false),
        ("552 5.3.4 Message size exceeds fixed limit", false),
        ("554 5.2.2 mailbox full", false),
        ("554 no", false),
        ("", false),
    ] {
        assert_eq!(super::blames_the_address(reply), blamed, "{reply}");
    }
    let later = MailError::transient("550 5.1.1 unknown");
    assert!(!later.blames_the_address());
}
