// @generated from migrations/sqlite; never edited by hand. A test compares it with both databases.

diesel::table! {
    account_review (id) {
        id -> Text,
        connection_id -> Text,
        user_id -> Text,
        person_id -> Nullable<Text>,
        reason -> Text,
        state -> Text,
        due_at -> Timestamp,
        employment_id -> Nullable<Text>,
        resolution -> Nullable<Text>,
        closed_at -> Nullable<Timestamp>,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    account_signal (id) {
        id -> Text,
        connection_id -> Text,
        user_id -> Text,
        person_id -> Nullable<Text>,
        kind -> Text,
        at -> Timestamp,
    }
}

diesel::table! {
    action_link (id) {
        id -> Text,
        termination_id -> Text,
        purpose -> Text,
        person_id -> Text,
        message_id -> Text,
        token_hash -> Binary,
        issued_at -> Timestamp,
        expires_at -> Timestamp,
        used_at -> Nullable<Timestamp>,
        answer -> Nullable<Text>,
        answer_hash -> Nullable<Binary>,
        revoked_at -> Nullable<Timestamp>,
        revoke_reason -> Nullable<Text>,
        undo -> Nullable<Text>,
        undone_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    add_on (id) {
        id -> Text,
        subscription_id -> Text,
        legal_entity_id -> Text,
        kind -> Text,
        reason -> Text,
        from_on -> Date,
        to_on -> Nullable<Date>,
        cost_ore -> Nullable<BigInt>,
        orderer_id -> Text,
        agreement -> Nullable<Text>,
        reviewed_on -> Date,
        asked_on -> Nullable<Date>,
        ended_on -> Nullable<Date>,
        end_cause -> Nullable<Text>,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    assignment (id) {
        id -> Text,
        legal_entity_id -> Text,
        employment_id -> Text,
        device_id -> Nullable<Text>,
        subscription_id -> Nullable<Text>,
        custody_epoch -> BigInt,
        accessories -> Text,
        assigned_at -> Timestamp,
        ended_at -> Nullable<Timestamp>,
        end_reason -> Nullable<Text>,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        loan_until -> Nullable<Date>,
        quarantine_override -> Nullable<Text>,
    }
}

diesel::table! {
    audit_entry (id) {
        id -> Text,
        at -> Timestamp,
        actor_kind -> Text,
        actor_id -> Text,
        action -> Text,
        object_type -> Text,
        object_id -> Text,
        termination_id -> Nullable<Text>,
        request_id -> Text,
        payload_digest -> Binary,
        digest -> Binary,
    }
}

diesel::table! {
    audit_payload (entry_id) {
        entry_id -> Text,
        salt -> Binary,
        details -> Text,
    }
}

diesel::table! {
    audit_pending (entry_id) {
        entry_id -> Text,
        digest -> Binary,
    }
}

diesel::table! {
    audit_seal (seq) {
        seq -> BigInt,
        previous -> Binary,
        merkle_root -> Binary,
        entry_count -> Integer,
        sealed_at -> Timestamp,
        hash -> Binary,
    }
}

diesel::table! {
    audit_seal_entry (seq, position) {
        seq -> BigInt,
        position -> Integer,
        entry_id -> Text,
    }
}

diesel::table! {
    claim (id) {
        id -> Text,
        number -> Text,
        state -> Text,
        termination_id -> Text,
        item_id -> Text,
        device_id -> Text,
        legal_entity_id -> Text,
        unit_id -> Text,
        return_by -> Date,
        settlement -> Nullable<Text>,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    code (id) {
        id -> Text,
        termination_id -> Text,
        item_id -> Text,
        kind -> Text,
        data_key_id -> Text,
        sealed -> Nullable<Binary>,
        reveals_left -> Integer,
        created_at -> Timestamp,
        revealed_at -> Nullable<Timestamp>,
        destroyed_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    data_key (id) {
        id -> Text,
        termination_id -> Text,
        kid -> Text,
        wrapped -> Nullable<Binary>,
        created_at -> Timestamp,
        destroyed_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    device (id) {
        id -> Text,
        legal_entity_id -> Text,
        serial -> Text,
        manufacturer -> Nullable<Text>,
        model -> Text,
        data_class -> Text,
        status -> Text,
        custody_epoch -> BigInt,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    device_imei (imei_body) {
        imei_body -> Text,
        imei -> Text,
        slot -> Integer,
        device_id -> Text,
    }
}

diesel::table! {
    employment (id) {
        id -> Text,
        source -> Text,
        external_id -> Text,
        person_id -> Text,
        unit_id -> Text,
        legal_entity_id -> Text,
        manager_id -> Nullable<Text>,
        kind -> Text,
        state -> Text,
        start_on -> Date,
        end_on -> Nullable<Date>,
        last_working_on -> Nullable<Date>,
        sequence -> BigInt,
        document -> Text,
        content_hash -> Text,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    employment_receipt (id) {
        id -> Text,
        source -> Text,
        external_id -> Text,
        sequence -> BigInt,
        outcome -> Text,
        content_hash -> Text,
        received_at -> Timestamp,
    }
}

diesel::table! {
    employment_version (employment_id, version) {
        employment_id -> Text,
        version -> BigInt,
        sequence -> BigInt,
        occurred_at -> Nullable<Timestamp>,
        recorded_at -> Timestamp,
        content_hash -> Text,
        document -> Text,
    }
}

diesel::table! {
    evidence (id) {
        id -> Text,
        kind -> Text,
        reporter -> Text,
        matched -> Text,
        match_reason -> Nullable<Text>,
        device_id -> Nullable<Text>,
        custody_epoch -> Nullable<BigInt>,
        item_id -> Nullable<Text>,
        scope -> Nullable<Text>,
        enrolment -> Nullable<Text>,
        command_ref -> Nullable<Text>,
        claimed_at -> Nullable<Timestamp>,
        received_at -> Timestamp,
        details -> Text,
    }
}

diesel::table! {
    holder_statement (item_id, topic) {
        item_id -> Text,
        topic -> Text,
        answer -> Text,
        stated_at -> Timestamp,
        link_id -> Text,
    }
}

diesel::table! {
    idempotency_receipt (actor, route, key) {
        actor -> Text,
        route -> Text,
        key -> Text,
        fingerprint -> Binary,
        status -> Integer,
        headers -> Text,
        body -> Binary,
        created_at -> Timestamp,
        expires_at -> Timestamp,
    }
}

diesel::table! {
    instance (id) {
        id -> Text,
        version -> Text,
        kids -> Text,
        started_at -> Timestamp,
        seen_at -> Timestamp,
    }
}

diesel::table! {
    instance_setting (name) {
        name -> Text,
        value -> Text,
    }
}

diesel::table! {
    job (id) {
        id -> Text,
        kind -> Text,
        args -> Text,
        dedupe_key -> Nullable<Text>,
        state -> Text,
        priority -> Integer,
        run_at -> Timestamp,
        attempt -> Integer,
        max_attempts -> Integer,
        crash_count -> Integer,
        lease_token -> BigInt,
        lease_owner -> Nullable<Text>,
        lease_until -> Nullable<Timestamp>,
        last_error -> Nullable<Text>,
        created_at -> Timestamp,
        started_at -> Nullable<Timestamp>,
        finished_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    key_check (kid) {
        kid -> Text,
        sealed -> Binary,
    }
}

diesel::table! {
    legal_entity (id) {
        id -> Text,
        name -> Text,
        kind -> Text,
        org_number -> Nullable<Text>,
        language -> Text,
        wipe_standard -> Text,
        wipe_secrecy -> Text,
        chancery_id -> Nullable<Text>,
        schedule -> Text,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        allows_buy_out -> Bool,
        claim_after_days -> Integer,
        absence_case_after_days -> Nullable<Integer>,
        number_quarantine_days -> Integer,
    }
}

diesel::table! {
    mail_day (reader, day) {
        reader -> Text,
        day -> Date,
        message_id -> Text,
    }
}

diesel::table! {
    mdm_report (reporter, event_id) {
        reporter -> Text,
        event_id -> Text,
        body_hash -> Binary,
        evidence_id -> Text,
        received_at -> Timestamp,
    }
}

diesel::table! {
    message (id) {
        id -> Text,
        termination_id -> Text,
        step -> Text,
        recipient_role -> Text,
        copy_roles -> Text,
        state -> Text,
        state_reason -> Nullable<Text>,
        due_at -> Timestamp,
        recipient_id -> Nullable<Text>,
        language -> Nullable<Text>,
        subject -> Nullable<Text>,
        sealed_kid -> Nullable<Text>,
        sealed -> Nullable<Binary>,
        queued_at -> Nullable<Timestamp>,
        sent_at -> Nullable<Timestamp>,
        server_reply -> Nullable<Text>,
        planned_from -> Nullable<Date>,
        carried_by -> Nullable<Text>,
        copy_of -> Nullable<Text>,
        deferred_since -> Nullable<Timestamp>,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    message_delivery (id) {
        id -> Text,
        message_id -> Text,
        at -> Timestamp,
        outcome -> Text,
        reply -> Nullable<Text>,
    }
}

diesel::table! {
    missing_employment (employment_id) {
        employment_id -> Text,
        source -> Text,
        external_id -> Text,
        since -> Timestamp,
        snapshots -> Integer,
    }
}

diesel::table! {
    number_quarantine (number) {
        number -> Text,
        person_id -> Text,
        freed_on -> Date,
        until_on -> Date,
    }
}

diesel::table! {
    person (id) {
        id -> Text,
        name -> Nullable<Text>,
        email -> Nullable<Text>,
        language -> Text,
        is_incomplete -> Bool,
        name_search -> Text,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        is_protected -> Bool,
    }
}

diesel::table! {
    person_merge (id) {
        id -> Text,
        person_id -> Text,
        merged_id -> Text,
        moved -> Text,
        merged_at -> Timestamp,
        undone_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    person_identifier (source, external_id) {
        source -> Text,
        external_id -> Text,
        person_id -> Text,
    }
}

diesel::table! {
    private_address (termination_id) {
        termination_id -> Text,
        sealed_kid -> Text,
        sealed -> Binary,
        created_at -> Timestamp,
    }
}

diesel::table! {
    receipt (code) {
        code -> Text,
        termination_id -> Text,
        issued_at -> Timestamp,
        replaced_at -> Nullable<Timestamp>,
        facts -> Nullable<Text>,
    }
}

diesel::table! {
    receipt_key (kid) {
        kid -> Text,
        public_key -> Binary,
        created_at -> Timestamp,
    }
}

diesel::table! {
    schedule_version (legal_entity_id, version) {
        legal_entity_id -> Text,
        version -> BigInt,
        since -> Timestamp,
        schedule -> Text,
    }
}

diesel::table! {
    scim_connection (id) {
        id -> Text,
        name -> Text,
        source -> Nullable<Text>,
        is_strict -> Bool,
        seen_at -> Nullable<Timestamp>,
        alarmed_at -> Nullable<Timestamp>,
        revoked_at -> Nullable<Timestamp>,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    scim_token (id) {
        id -> Text,
        connection_id -> Text,
        hash -> Binary,
        expires_at -> Timestamp,
        created_at -> Timestamp,
        used_at -> Nullable<Timestamp>,
        revoked_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    scim_user (id) {
        id -> Text,
        connection_id -> Text,
        user_name_folded -> Text,
        external_id -> Nullable<Text>,
        employee_number -> Nullable<Text>,
        is_active -> Bool,
        attributes -> Text,
        person_id -> Nullable<Text>,
        fills_name -> Bool,
        fills_email -> Bool,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    scim_user_email (user_id, address_folded) {
        user_id -> Text,
        address_folded -> Text,
    }
}

diesel::table! {
    service_account (id) {
        id -> Text,
        name -> Text,
        secret_hash -> Nullable<Binary>,
        issuer -> Nullable<Text>,
        external_client_id -> Nullable<Text>,
        external_subject -> Nullable<Text>,
        scopes -> Text,
        revoked_at -> Nullable<Timestamp>,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    snapshot (id) {
        id -> Text,
        source -> Text,
        name -> Text,
        as_of -> Timestamp,
        complete -> Bool,
        body_hash -> Binary,
        state -> Text,
        hold_reasons -> Text,
        sequence -> Nullable<BigInt>,
        counts -> Text,
        decision_reason -> Nullable<Text>,
        finished_at -> Nullable<Timestamp>,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    snapshot_row (snapshot_id, position) {
        snapshot_id -> Text,
        position -> Integer,
        external_id -> Text,
        content_hash -> Text,
        end_on -> Nullable<Date>,
        is_void -> Bool,
        document -> Text,
    }
}

diesel::table! {
    source (name) {
        name -> Text,
        kind -> Text,
        label -> Text,
        legal_entity_id -> Text,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        time_zone -> Text,
        ordering -> Text,
        open_end_dates -> Text,
        max_row_drop_percent -> Integer,
        max_row_drop -> Integer,
        max_new_ends_percent -> Integer,
        max_new_ends -> Integer,
    }
}

diesel::table! {
    subscription (id) {
        id -> Text,
        legal_entity_id -> Text,
        number -> Text,
        operator -> Nullable<Text>,
        monthly_cost_ore -> Nullable<BigInt>,
        status -> Text,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        is_recovery_number -> Bool,
        ends_on -> Nullable<Date>,
        unit_id -> Nullable<Text>,
    }
}

diesel::table! {
    task (id) {
        id -> Text,
        number -> Text,
        kind -> Text,
        state -> Text,
        open_key -> Nullable<Text>,
        owner_id -> Nullable<Text>,
        due_on -> Date,
        legal_entity_id -> Text,
        unit_id -> Text,
        termination_id -> Nullable<Text>,
        item_id -> Nullable<Text>,
        person_id -> Nullable<Text>,
        facts -> Text,
        text -> Nullable<Text>,
        actor_kind -> Text,
        actor_id -> Text,
        closed_at -> Nullable<Timestamp>,
        closed_by_kind -> Nullable<Text>,
        closed_by_id -> Nullable<Text>,
        reference -> Nullable<Text>,
        reason -> Nullable<Text>,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    termination (id) {
        id -> Text,
        number -> Text,
        kind -> Text,
        state -> Text,
        employment_id -> Text,
        person_id -> Text,
        unit_id -> Text,
        legal_entity_id -> Text,
        end_on -> Date,
        return_by -> Date,
        hold -> Nullable<Text>,
        released -> Nullable<Text>,
        completed_at -> Nullable<Timestamp>,
        cancelled -> Nullable<Text>,
        reopened -> Nullable<Text>,
        is_contradicted -> Bool,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        breach_notify_by -> Nullable<Timestamp>,
        absence -> Nullable<Text>,
        is_paused -> Bool,
        delegate_to -> Nullable<Text>,
        delegate_id -> Nullable<Text>,
    }
}

diesel::table! {
    termination_item (id) {
        id -> Text,
        termination_id -> Text,
        position -> Integer,
        kind -> Text,
        assignment_id -> Text,
        device_id -> Nullable<Text>,
        subscription_id -> Nullable<Text>,
        custody_epoch -> BigInt,
        data_class -> Text,
        required_wipe_level -> Text,
        outcome -> Nullable<Text>,
        is_identity_confirmed -> Bool,
        number_decision -> Nullable<Text>,
        wipe_state -> Text,
        wipe_level -> Text,
        is_wipe_contradicted -> Bool,
        wipe_due_at -> Nullable<Timestamp>,
        contradiction -> Nullable<Text>,
        checks -> Text,
        code_answers -> Text,
        is_return_settled -> Bool,
        is_to_be_transferred -> Bool,
        awaits_mdm -> Bool,
        loss -> Nullable<Text>,
        disposal -> Nullable<Text>,
        damage -> Nullable<Text>,
        arrangement -> Nullable<Text>,
        proposal -> Nullable<Text>,
        number_ruling -> Nullable<Text>,
        number_request -> Nullable<Text>,
    }
}

diesel::table! {
    termination_note (id) {
        id -> Text,
        termination_id -> Text,
        item_id -> Nullable<Text>,
        kind -> Text,
        day -> Nullable<Date>,
        text -> Nullable<Text>,
        actor_kind -> Text,
        actor_id -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    unit (id) {
        id -> Text,
        legal_entity_id -> Text,
        parent_id -> Nullable<Text>,
        name -> Text,
        source -> Nullable<Text>,
        external_id -> Nullable<Text>,
        coordinator_id -> Nullable<Text>,
        is_incomplete -> Bool,
        merge_into_id -> Nullable<Text>,
        merge_on -> Nullable<Date>,
        merged_at -> Nullable<Timestamp>,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    unit_phone_hours (unit_id, valid_from) {
        unit_id -> Text,
        valid_from -> Date,
        hours -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    unmatched (id) {
        id -> Text,
        source -> Text,
        external_id -> Text,
        snapshot -> Nullable<Text>,
        reason -> Text,
        document -> Text,
        content_hash -> Text,
        resolution -> Nullable<Text>,
        note -> Nullable<Text>,
        resolved_at -> Nullable<Timestamp>,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    unreachable_address (person_id) {
        person_id -> Text,
        email -> Text,
        since -> Timestamp,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    account_review,
    account_signal,
    action_link,
    add_on,
    assignment,
    audit_entry,
    audit_payload,
    audit_pending,
    audit_seal,
    audit_seal_entry,
    claim,
    code,
    data_key,
    device,
    device_imei,
    employment,
    employment_receipt,
    employment_version,
    evidence,
    holder_statement,
    idempotency_receipt,
    instance,
    instance_setting,
    job,
    key_check,
    legal_entity,
    mail_day,
    mdm_report,
    message,
    message_delivery,
    missing_employment,
    number_quarantine,
    person,
    person_identifier,
    person_merge,
    private_address,
    receipt,
    receipt_key,
    schedule_version,
    scim_connection,
    scim_token,
    scim_user,
    scim_user_email,
    service_account,
    snapshot,
    snapshot_row,
    source,
    subscription,
    task,
    termination,
    termination_item,
    termination_note,
    unit,
    unit_phone_hours,
    unmatched,
    unreachable_address,
);
