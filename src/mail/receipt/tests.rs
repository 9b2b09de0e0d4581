//! That receipts of before can be read.

use super::*;
use crate::mail::tests::receipt;

/// If this fails, a change has made unreadable what running installations keep, or gives it another meaning.
#[test]
fn the_kept_facts_of_a_receipt_never_change_their_form() {
    let mut receipt = receipt();
    receipt.deviations = vec![
        Deviation::Recorded {
            cause: Cause::Words("Sprucken".to_owned()),
        },
        Deviation::CodeRefused {
            code: CodeKind::SimPin,
        },
        Deviation::WipeContradicted {
            closed: Some(Cause::Withheld),
        },
    ];
    let kept = concat!(
        r#"{"case_number":"HB-2027-00042","holder_name":"Anna Ek","unit":"Ekskolan","#,
        r#""issuer":"Barn- och utbildningsnämnden","issued_at":"2027-10-01T07:30:00Z","#,
        r#""devices":[{"model":"Exempel X1","serial_last4":"7Q2K","outcome":"returned","#,
        r#""returned":{"level":"attested","on":"2027-09-30","by":"Maria Lind"},"condition":"intact","#,
        r#""reset":{"level":"attested","on":"2027-09-30","by":"Maria Lind"},"#,
        r#""wiped":{"level":"attested","on":"2027-09-30","by":"Maria Lind"},"#,
        r#""required_wipe":"attested","wipe_method":"factory_reset","#,
        r#""codes":[["screen_lock","not_needed_after_wipe"],["sim_pin","received"],["other","not_applicable"]],"#,
        r#""accessories":[["laddare",true],["fodral",true]],"sim":"returned"}],"#,
        r#""subscriptions":[{"number":{"sv":"070-174 06 05","en":"+46 70 174 06 05"},"decision":"reuse","#,
        r#""carried_out_on":"2027-10-01","directory_updated_on":"2027-10-01"}],"#,
        r#""deviations":[{"kind":"recorded","cause":{"words":"Sprucken"}},{"kind":"code_refused","code":"sim_pin"},"#,
        r#"{"kind":"wipe_contradicted","closed":"withheld"}]}"#,
    );
    assert_eq!(serde_json::to_string(&receipt).unwrap(), kept);
    let read: Receipt = serde_json::from_str(kept).unwrap();
    assert_eq!(serde_json::to_string(&read).unwrap(), kept);
    assert!(read.verification_code.is_empty() && read.verify_url.is_none());
}
