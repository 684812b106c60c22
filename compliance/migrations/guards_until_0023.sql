-- Functions and triggers that guard the tables, as of 0023: append-only tables, chains, proposals and approvals by two
-- people, escalations, corrections. `migrations/0001_squashed_0023_desk_until_applicants_are_distinguished.py` runs it.

SET LOCAL check_function_bodies = false;  -- some functions call one that follows

CREATE FUNCTION compliance_append_events(added jsonb) RETURNS TABLE(place bigint, id bigint, seq integer, at timestamp with time zone, actor_name text, text text, hash bytea)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
    head record; one record;
    moment timestamptz := clock_timestamp();
    -- As datetime.isoformat of Python, which leaves out a fraction of zero.
    stamp text := to_char(moment AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS')
        || CASE WHEN extract(microseconds FROM moment)::bigint % 1000000 = 0 THEN ''
                ELSE to_char(moment AT TIME ZONE 'UTC', '.US') END || '+00:00';
BEGIN
    FOR head IN
        SELECT c.id, c.event_seq, c.event_hash FROM compliance_case c
         WHERE c.id IN (SELECT (value ->> 'case')::bigint FROM jsonb_array_elements(added))
         ORDER BY c.id FOR NO KEY UPDATE
    LOOP
        FOR one IN
            SELECT e.ordinality AS place, e.value ->> 'type' AS type, e.value -> 'data' AS data, u.id AS actor_id,
                   e.value ->> 'actor' AS named,
                   left(coalesce(nullif(btrim(u.first_name || ' ' || u.last_name), ''), p.name, ''), 150) AS actor_name
              FROM jsonb_array_elements(added) WITH ORDINALITY e
              LEFT JOIN compliance_user u ON u.id = (e.value ->> 'actor')::bigint
              LEFT JOIN compliance_person p ON p.id = u.person_id
             WHERE (e.value ->> 'case')::bigint = head.id ORDER BY e.ordinality
        LOOP
            IF one.named IS NOT NULL AND one.actor_id IS NULL THEN
                RAISE EXCEPTION 'an event has an actor that exists' USING ERRCODE = 'foreign_key_violation';
            END IF;
            head.event_seq := head.event_seq + 1;
            place := one.place; seq := head.event_seq; at := moment; actor_name := one.actor_name;
            text := format('{"actor":%s,"actor_name":%s,"at":%s,"case":%s,"data":%s,"seq":%s,"type":%s}',
                coalesce(one.actor_id::text, 'null'), to_json(one.actor_name), to_json(stamp), head.id, one.data,
                head.event_seq, to_json(one.type));
            hash := sha256(head.event_hash || convert_to(text, 'UTF8'));
            head.event_hash := hash;
            INSERT INTO compliance_event (case_id, seq, type, at, actor_id, actor_name, data, text, hash)
            VALUES (head.id, seq, one.type, moment, one.actor_id, one.actor_name, one.data, text, hash)
            RETURNING compliance_event.id INTO id;
            RETURN NEXT;
        END LOOP;
        UPDATE compliance_case c SET event_seq = head.event_seq, event_hash = head.event_hash WHERE c.id = head.id;
    END LOOP;
END $$;

CREATE FUNCTION compliance_approve_proposal(of_proposal uuid, by_user bigint) RETURNS timestamp with time zone
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE proposal compliance_overrideproposal%ROWTYPE; moment timestamptz;
BEGIN
    SELECT * INTO proposal FROM compliance_overrideproposal WHERE id = of_proposal FOR UPDATE;
    moment := clock_timestamp();
    IF NOT FOUND OR proposal.state <> 'open' OR proposal.expires_at <= moment
            OR NOT EXISTS (SELECT FROM compliance_case WHERE id = proposal.case_id AND status = 'awaiting_approval') THEN
        RAISE EXCEPTION 'only an open proposal is approved' USING ERRCODE = 'check_violation';
    END IF;
    IF NOT compliance_may_approve(by_user) THEN
        RAISE EXCEPTION 'only an active manager approves a proposal' USING ERRCODE = 'check_violation';
    END IF;
    UPDATE compliance_overrideproposal
       SET state = 'approved', resolved_at = moment, resolved_by_id = by_user,
           resolved_person_id = (SELECT person_id FROM compliance_user WHERE id = by_user)
     WHERE id = of_proposal;
    RETURN moment;
END $$;

CREATE FUNCTION compliance_editors(of_case bigint) RETURNS SETOF bigint
    LANGUAGE sql STABLE
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT DISTINCT u.person_id
      FROM compliance_case c
      LEFT JOIN compliance_decision d ON d.id = c.decision_id
      JOIN compliance_event e ON e.case_id = c.id AND (d.id IS NULL OR e.at > d.decided_at)
      JOIN compliance_user u ON u.id = e.actor_id
     WHERE c.id = of_case AND e.type IN ('check_added', 'check_replaced', 'check_corrected', 'document_added',
                                         'document_withdrawn', 'data_corrected', 'finding_resolved')
$$;

CREATE FUNCTION compliance_guard_answer() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE of_case bigint;
BEGIN
    SELECT c.id INTO of_case FROM compliance_decision d JOIN compliance_case c ON c.id = d.case_id
     WHERE d.id = NEW.escalation_id AND d.verdict = 'escalate' AND c.question AND c.status = 'in_review'
       AND d.id = coalesce(c.escalation_id, d.id);
    IF of_case IS NULL OR NOT compliance_may_answer(of_case, NEW.by_id)
            OR NEW.by_person_id IS DISTINCT FROM (SELECT person_id FROM compliance_user WHERE id = NEW.by_id) THEN
        RAISE EXCEPTION 'an open escalation is answered by a manager who did not ask' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION compliance_guard_approval() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    IF current_user <> (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = TG_RELID) THEN
        RAISE EXCEPTION 'a proposal is approved by compliance_approve_proposal' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION compliance_guard_check() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    SELECT environment INTO NEW.environment FROM compliance_case WHERE id = NEW.case_id;
    IF TG_OP = 'INSERT' THEN
        NEW.is_double := false;
        RETURN NEW;
    END IF;
    IF OLD.report_count > 0 AND (NEW.case_id, NEW.account_id, NEW.provider, NEW.kind, NEW.reference)
            IS DISTINCT FROM (OLD.case_id, OLD.account_id, OLD.provider, OLD.kind, OLD.reference) THEN
        RAISE EXCEPTION 'a check with a report keeps its case and reference' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.report_count < OLD.report_count OR NEW.case_id <> OLD.case_id OR NEW.is_double <> OLD.is_double
            OR (OLD.entered_by_id IS NOT NULL AND NEW.entered_by_id IS NULL)
            OR (OLD.superseded_by_id IS NOT NULL AND NEW.superseded_by_id IS DISTINCT FROM OLD.superseded_by_id) THEN
        RAISE EXCEPTION 'what is known of a check is not taken back' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION compliance_guard_correction() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    IF NEW.corrected_by_id IS NOT NULL AND NEW.corrected_person_id IS DISTINCT FROM
            (SELECT person_id FROM compliance_user WHERE id = NEW.corrected_by_id) THEN
        RAISE EXCEPTION 'a correction names the person of its account' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION compliance_guard_decision() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE person bigint; proposal compliance_overrideproposal%ROWTYPE;
BEGIN
    IF NEW.by_id IS NOT NULL AND NEW.proposal_id IS NULL THEN
        SELECT person_id INTO person FROM compliance_user WHERE id = NEW.by_id;
        IF person IS DISTINCT FROM NEW.by_person_id THEN
            RAISE EXCEPTION 'a decision names the person of its account' USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    IF NEW.by_id IS NULL AND (compliance_needs_two(NEW.case_id, NEW.verdict, NULL)
            OR EXISTS (SELECT FROM compliance_event WHERE case_id = NEW.case_id AND actor_id IS NOT NULL
                       AND type IN ('check_replaced', 'check_corrected', 'data_corrected', 'applicants_distinct', 'finding_resolved'))
            OR EXISTS (SELECT FROM compliance_check WHERE case_id = NEW.case_id
                       AND (entered_by_id IS NOT NULL
                            OR (superseded_by_id IS NULL AND provider_verdict <> 'positive')))) THEN
        RAISE EXCEPTION 'the system closes only what every provider passed' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.proposal_id IS NULL AND compliance_needs_two(NEW.case_id, NEW.verdict, NEW.by_person_id) THEN
        RAISE EXCEPTION 'an override needs an approved proposal' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.proposal_id IS NOT NULL THEN
        SELECT * INTO proposal FROM compliance_overrideproposal WHERE id = NEW.proposal_id;
        IF (proposal.state, proposal.case_id, proposal.verdict, proposal.proposed_by_id, proposal.proposed_person_id,
                proposal.resolved_person_id)
            IS DISTINCT FROM ('approved', NEW.case_id, NEW.verdict, NEW.by_id, NEW.by_person_id,
                NEW.approved_by_person_id) THEN
            RAISE EXCEPTION 'the decision is not the one that was approved' USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION compliance_guard_distinct() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE finding compliance_finding%ROWTYPE;
BEGIN
    SELECT * INTO finding FROM compliance_finding WHERE id = NEW.finding_id FOR UPDATE;
    NEW.agreed_at := clock_timestamp();
    IF NOT FOUND OR finding.kind <> 'duplicate' OR finding.state <> 'resolved'
            OR (SELECT array_agg(DISTINCT c.applicant_id ORDER BY c.applicant_id) FROM compliance_case c
                 WHERE c.id IN (finding.case_id, (finding.detail ->> 'case')::bigint))
               IS DISTINCT FROM ARRAY[NEW.first_id, NEW.second_id] THEN
        RAISE EXCEPTION 'only the applicants of a resolved duplicate are different persons'
            USING ERRCODE = 'check_violation';
    END IF;
    IF NOT compliance_may_approve(NEW.agreed_by_id) THEN
        RAISE EXCEPTION 'only an active manager agrees' USING ERRCODE = 'check_violation';
    END IF;
    IF NOT EXISTS (SELECT FROM compliance_user u JOIN compliance_person p ON p.id = u.person_id
                    WHERE u.id = NEW.agreed_by_id AND p.id = NEW.agreed_person_id
                      AND p.id <> finding.resolved_person_id AND p.created_at < finding.resolved_at)
            OR compliance_person_depends(NEW.agreed_person_id, finding.resolved_person_id) THEN
        RAISE EXCEPTION 'a second person agrees, independent of the first' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION compliance_guard_email() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('email:' || NEW.email_key, 0));
    IF EXISTS (SELECT 1 FROM compliance_user
               WHERE email_key = NEW.email_key AND person_id <> NEW.person_id) THEN
        RAISE EXCEPTION 'an e-mail address is of one person' USING
            ERRCODE = 'unique_violation', CONSTRAINT = 'user_email_of_one_person';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION compliance_guard_escalation() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    new_row jsonb := to_jsonb(NEW);
    by_user bigint := coalesce(new_row ->> 'by_id', new_row ->> 'proposed_by_id')::bigint;
    is_past boolean;
BEGIN
    IF NOT (SELECT question FROM compliance_case WHERE id = NEW.case_id) THEN
        RETURN NEW;
    END IF;
    IF new_row ->> 'proposal_id' IS NOT NULL THEN
        is_past := compliance_took_over(NEW.case_id, (new_row ->> 'by_person_id')::bigint);
    ELSE
        is_past := compliance_may_answer(NEW.case_id, by_user)
            AND EXISTS (SELECT FROM compliance_claim k JOIN compliance_user u ON u.person_id = k.person_id
                         WHERE k.case_id = NEW.case_id AND k.until > now() AND u.id = by_user);
    END IF;
    IF NOT is_past THEN
        RAISE EXCEPTION 'an escalated case is decided by the manager who took it over'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION compliance_guard_head() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    IF current_user <> (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = TG_RELID) THEN
        RAISE EXCEPTION 'the head of a chain is set by appending an event' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION compliance_guard_person() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM compliance_overrideproposal
               WHERE state = 'open' AND proposed_person_id = OLD.person_id) THEN
        RAISE EXCEPTION 'a sign-in stays with its person while a proposal of theirs is open'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION compliance_guard_person_age() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.created_at := clock_timestamp();
    ELSIF NEW.created_at IS DISTINCT FROM OLD.created_at THEN
        RAISE EXCEPTION 'a person keeps the time of its creation' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION compliance_guard_proposal() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE proposer bigint; resolver bigint;
BEGIN
    SELECT person_id INTO proposer FROM compliance_user WHERE id = NEW.proposed_by_id;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'open' OR NEW.proposed_person_id IS DISTINCT FROM proposer OR NEW.agreed <> ARRAY[]::uuid[] THEN
            RAISE EXCEPTION 'a proposal begins open, by the person of its account' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.state <> 'open' OR (NEW.case_id, NEW.verdict, NEW.reason_id, NEW.note, NEW.proposed_by_id,
            NEW.proposed_person_id, NEW.proposed_at, NEW.digest, NEW.evidence, NEW.report_seq, NEW.expires_at,
            NEW.agreed)
        IS DISTINCT FROM (OLD.case_id, OLD.verdict, OLD.reason_id, OLD.note, OLD.proposed_by_id,
            OLD.proposed_person_id, OLD.proposed_at, OLD.digest, OLD.evidence, OLD.report_seq, OLD.expires_at,
            OLD.agreed) THEN
        RAISE EXCEPTION 'a proposal is answered once and never edited' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state IN ('approved', 'refused') THEN
        SELECT person_id INTO resolver FROM compliance_user WHERE id = NEW.resolved_by_id;
        IF resolver IS NULL OR resolver IS DISTINCT FROM NEW.resolved_person_id
                OR resolver = NEW.proposed_person_id OR resolver = proposer THEN
            RAISE EXCEPTION 'a second person must answer a proposal' USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    IF NEW.state = 'approved' THEN
        IF resolver IN (SELECT compliance_editors(NEW.case_id)) THEN
            RAISE EXCEPTION 'who changed the evidence approves no proposal' USING ERRCODE = 'check_violation';
        END IF;
        NEW.agreed := ARRAY(SELECT h.id FROM compliance_history(NEW.case_id) h
                             WHERE h.what IN ('check', 'rejection') AND h.weighs
                               AND (NEW.verdict = 'approve' OR (NEW.verdict = 'void' AND h.is_own)));
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION compliance_guard_question() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE asked uuid := coalesce(OLD.escalation_id, (
    SELECT id FROM compliance_decision WHERE case_id = OLD.id AND verdict = 'escalate' ORDER BY decided_at DESC LIMIT 1));
BEGIN
    IF (NEW.escalated_by_id, NEW.escalated_at, NEW.escalation_id)
            IS DISTINCT FROM (OLD.escalated_by_id, OLD.escalated_at, OLD.escalation_id) THEN
        RAISE EXCEPTION 'an open escalation is not changed' USING ERRCODE = 'check_violation';
    END IF;
    IF NOT NEW.question
            AND NOT EXISTS (SELECT FROM compliance_escalationanswer WHERE escalation_id = asked)
            AND NOT EXISTS (SELECT FROM compliance_decision d JOIN compliance_decision a ON a.id = asked
                             WHERE d.case_id = OLD.id AND d.verdict <> 'escalate' AND d.decided_at >= a.decided_at)
            AND NOT EXISTS (SELECT FROM compliance_event e JOIN compliance_user u ON u.id = e.actor_id
                              JOIN compliance_decision a ON a.id = asked
                             WHERE e.case_id = OLD.id AND e.type = 'escalation_withdrawn' AND e.at >= a.decided_at
                               AND u.person_id = a.by_person_id) THEN
        RAISE EXCEPTION 'an escalation ends with an answer, a decision or its withdrawal'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION compliance_guard_second_person() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM compliance_person
                   WHERE id = NEW.resolved_person_id AND created_at < NEW.proposed_at) THEN
        RAISE EXCEPTION 'a second person is older than the proposal' USING ERRCODE = 'check_violation';
    END IF;
    IF compliance_person_depends(NEW.resolved_person_id, NEW.proposed_person_id) THEN
        RAISE EXCEPTION 'a second person is independent of the proposer' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION compliance_guard_standing() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM compliance_decision WHERE id = NEW.decision_id AND case_id = NEW.id
                   AND verdict IN ('approve', 'reject', 'void')) THEN
        RAISE EXCEPTION 'a case stands by a decision of its own' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION compliance_has_weighing_finding(of_case bigint) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT EXISTS (
        SELECT FROM compliance_finding f
         WHERE f.case_id = of_case AND f.state IN ('open', 'resolved')
           AND (f.kind NOT IN ('by_eye', 'varies', 'may_be_expired', 'related') OR f.detail ? 'earlier')
           AND NOT (f.detail ? 'earlier' AND (
                (f.state = 'resolved' AND NOT EXISTS (
                    SELECT FROM compliance_datacorrection k
                     WHERE k.id IN (SELECT id::uuid FROM jsonb_array_elements_text(f.detail -> 'earlier') AS one(id))
                       AND k.corrected_person_id = f.resolved_person_id))
                OR EXISTS (
                    SELECT FROM compliance_overrideproposal p
                     WHERE p.case_id = of_case AND p.state = 'approved' AND p.verdict = 'approve'
                       AND p.resolved_at >= f.found_at))))
$$;

CREATE FUNCTION compliance_history(of_case bigint) RETURNS TABLE(what text, id uuid, case_id bigint, is_own boolean, is_same_applicant boolean, is_current boolean, is_read boolean, provider text, kind text, outcome text, provider_verdict text, entered_by bigint, weighs boolean)
    LANGUAGE sql STABLE
    SET search_path TO 'public', 'pg_temp'
    AS $$
    WITH this AS (SELECT c.id, c.applicant_id FROM compliance_case c WHERE c.id = of_case),
         cases AS (SELECT c.id, c.applicant_id, c.decision_id FROM compliance_case c
                    WHERE c.applicant_id IN (SELECT compliance_same_person(of_case))),
         agreed AS (SELECT one.id, p.resolved_at FROM compliance_overrideproposal p CROSS JOIN unnest(p.agreed) AS one(id)
                     WHERE p.state = 'approved' AND p.case_id IN (SELECT id FROM cases)),
         doubles AS (SELECT d.id FROM compliance_check k JOIN compliance_check d
                         ON (d.provider, d.environment, d.kind, d.reference)
                          = (k.provider, k.environment, k.kind, k.reference)
                      WHERE k.case_id = of_case AND d.case_id <> of_case AND (k.is_double OR d.is_double)),
         checks AS (SELECT k.*, c.applicant_id,
                           k.case_id = of_case AND k.superseded_by_id IS NULL
                           OR k.provider_verdict IN ('negative', 'unknown')
                          AND NOT EXISTS (SELECT FROM agreed WHERE agreed.id = k.id AND agreed.resolved_at >= k.changed_at)
                          AND NOT EXISTS (SELECT FROM compliance_check n
                                           WHERE n.case_id = k.case_id AND n.provider = k.provider AND n.kind = k.kind
                                             AND n.reference = k.followed_reference AND n.report_count > 0
                                             AND n.created_at > k.created_at) AS weighs
                      FROM compliance_check k JOIN compliance_case c ON c.id = k.case_id
                     WHERE k.case_id IN (SELECT id FROM cases) OR k.id IN (SELECT id FROM doubles))
    SELECT 'check', k.id, k.case_id, k.case_id = this.id, k.applicant_id = this.applicant_id,
           k.superseded_by_id IS NULL, k.report_count > 0, k.provider, k.kind, k.outcome, k.provider_verdict,
           k.entered_by_id, k.weighs
      FROM checks k CROSS JOIN this WHERE k.case_id = this.id OR k.weighs
     UNION ALL
    SELECT 'rejection', d.id, c.id, c.id = this.id, c.applicant_id = this.applicant_id,
           true, true, '', '', '', '', NULL, true
      FROM cases c CROSS JOIN this JOIN compliance_decision d ON d.id = c.decision_id
     WHERE d.verdict = 'reject' AND (c.id <> this.id OR d.proposal_id IS NOT NULL)
       AND d.id NOT IN (SELECT id FROM agreed)
     UNION ALL
    SELECT 'retry', d.id, of_case, true, true, true, true, '', '', '', '', NULL, false
      FROM compliance_decision d WHERE d.case_id = of_case AND d.verdict = 'request_retry'
     UNION ALL
    SELECT 'finding', NULL, of_case, true, true, true, true, '', '', '', '', NULL, true
     WHERE compliance_has_weighing_finding(of_case)
$$;

CREATE FUNCTION compliance_may_answer(of_case bigint, by_user bigint) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO 'public', 'pg_temp'
    AS $$
    -- A manager who did not ask, unless the claim of another person is running.
    SELECT EXISTS (
        SELECT FROM compliance_case c JOIN compliance_user u ON u.id = by_user
          LEFT JOIN compliance_user asker ON asker.id = c.escalated_by_id
         WHERE c.id = of_case AND compliance_may_approve(u.id) AND u.person_id IS DISTINCT FROM asker.person_id
           AND NOT EXISTS (SELECT FROM compliance_claim k
                            WHERE k.case_id = c.id AND k.until > now() AND k.person_id <> u.person_id))
$$;

CREATE FUNCTION compliance_may_approve(of_user bigint) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT EXISTS (
        SELECT FROM compliance_user u
          JOIN auth_permission p ON p.codename = 'approve_override'
          JOIN django_content_type t ON t.id = p.content_type_id AND t.app_label = 'compliance'
         WHERE u.id = of_user AND u.is_active
           AND (EXISTS (SELECT FROM compliance_user_groups g JOIN auth_group_permissions r ON r.group_id = g.group_id
                         WHERE g.user_id = u.id AND r.permission_id = p.id)
                OR EXISTS (SELECT FROM compliance_user_user_permissions r
                            WHERE r.user_id = u.id AND r.permission_id = p.id)))
$$;

CREATE FUNCTION compliance_needs_two(of_case bigint, verdict text, person bigint) RETURNS boolean
    LANGUAGE plpgsql STABLE
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    checks integer; against integer; has_result boolean; retries integer;
    others integer; others_against integer; mine integer; mine_against integer;
BEGIN
    SELECT count(*) FILTER (WHERE is_check AND weighs),
           count(*) FILTER (WHERE weighs AND NOT (is_check AND is_current AND is_passed AND NOT is_mine)),
           coalesce(bool_or(is_check AND is_read AND outcome NOT IN ('pending', 'in_progress')), false),
           count(*) FILTER (WHERE what = 'retry'),
           count(*) FILTER (WHERE counts AND NOT is_mine),
           count(*) FILTER (WHERE counts AND NOT is_mine AND provider_verdict <> 'positive'),
           count(*) FILTER (WHERE counts),
           count(*) FILTER (WHERE counts AND provider_verdict <> 'positive')
      INTO checks, against, has_result, retries, others, others_against, mine, mine_against
      FROM (SELECT h.*, h.what = 'check' AND h.is_own AS is_check, coalesce(h.entered_by = person, false) AS is_mine,
                   (h.outcome, h.provider_verdict) IN (('approved', 'positive'), ('manual_review', 'none')) AS is_passed,
                   h.what = 'check' AND h.is_own AND h.is_read AND (h.weighs OR h.provider_verdict = 'positive') AS counts
              FROM compliance_history(of_case) h) AS rows;
    RETURN CASE verdict
        WHEN 'approve' THEN checks = 0 OR against > 0
        WHEN 'void' THEN has_result
        WHEN 'reject' THEN CASE WHEN others > 0 THEN others_against = 0 ELSE mine > 0 AND mine_against = 0 END
        WHEN 'request_retry' THEN
            retries > 0 AND CASE WHEN others > 0 THEN others_against = 0 ELSE mine > 0 AND mine_against = 0 END
        ELSE false
    END;
END $$;

CREATE FUNCTION compliance_person_depends(person bigint, proposer bigint) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO 'public', 'pg_temp'
    AS $$
    -- People whom the proposer created or changed, and people whom those created or changed.
    WITH RECURSIVE changed(person_id) AS (
        SELECT proposer
        UNION
        SELECT target.person_id
        FROM changed
        JOIN compliance_user actor ON actor.person_id = changed.person_id
        JOIN compliance_deskevent entry ON entry.actor_id = actor.id AND entry.type = 'person_changed'
        CROSS JOIN LATERAL (
            SELECT (entry.data ->> 'person')::bigint AS person_id
            UNION ALL
            SELECT u.person_id FROM compliance_user u WHERE u.id = (entry.data ->> 'user')::bigint
        ) target
        WHERE target.person_id IS NOT NULL
    )
    SELECT person <> proposer AND (
        EXISTS (SELECT 1 FROM changed WHERE person_id = person)
        OR EXISTS (SELECT 1 FROM compliance_user a JOIN compliance_user b ON a.email_key = b.email_key
                   WHERE a.person_id = person AND b.person_id = proposer AND a.email_key <> ''))
$$;

CREATE FUNCTION compliance_refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    -- Throw-away test databases are emptied between tests; desk_app lacks the right whatever this says.
    IF TG_OP = 'TRUNCATE' AND current_setting('desk.throw_away', true) = 'on' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE FUNCTION compliance_same_person(of_case bigint) RETURNS SETOF uuid
    LANGUAGE sql STABLE
    SET search_path TO 'public', 'pg_temp'
    AS $$
    WITH me AS (SELECT applicant_id AS id FROM compliance_case WHERE compliance_case.id = of_case),
         alike(id) AS (
             SELECT compliance_same_person_by_index(of_case)
              UNION
             SELECT other.applicant_id
               FROM me
               JOIN compliance_case mine ON mine.applicant_id = me.id
               JOIN compliance_finding f ON f.case_id = mine.id AND f.kind = 'duplicate'
                AND f.state IN ('open', 'resolved')
               JOIN compliance_case other ON other.id = (f.detail ->> 'case')::bigint)
    SELECT alike.id FROM alike CROSS JOIN me
     WHERE NOT EXISTS (SELECT FROM compliance_distinctapplicants pair
                        WHERE pair.first_id = least(me.id, alike.id) AND pair.second_id = greatest(me.id, alike.id))
$$;

CREATE FUNCTION compliance_same_person_by_index(of_case bigint) RETURNS SETOF uuid
    LANGUAGE sql STABLE
    SET search_path TO 'public', 'pg_temp'
    AS $$
    WITH me AS (SELECT a.id, a.environment, a.birth_index, a.document_index
                  FROM compliance_case c JOIN compliance_applicant a ON a.id = c.applicant_id WHERE c.id = of_case),
         births AS (SELECT birth_index AS birth FROM me WHERE birth_index IS NOT NULL
                    UNION
                    SELECT d.birth_index FROM me JOIN compliance_datacorrection d ON d.applicant_id = me.id
                     WHERE d.birth_index IS NOT NULL),
         numbers AS (SELECT document_index AS number FROM me WHERE document_index IS NOT NULL
                     UNION
                     SELECT d.document_index FROM me JOIN compliance_datacorrection d ON d.applicant_id = me.id
                      WHERE d.document_index IS NOT NULL
                     UNION
                     SELECT k.document_index FROM me JOIN compliance_case c ON c.applicant_id = me.id
                       JOIN compliance_check k ON k.case_id = c.id WHERE k.document_index IS NOT NULL)
    SELECT id FROM me
     UNION
    SELECT a.id FROM me CROSS JOIN births JOIN compliance_applicant a
        ON a.birth_index = births.birth AND a.environment = me.environment
     UNION
    SELECT a.id FROM me CROSS JOIN births JOIN compliance_datacorrection d ON d.birth_index = births.birth
      JOIN compliance_applicant a ON a.id = d.applicant_id AND a.environment = me.environment
     UNION
    SELECT a.id FROM me CROSS JOIN numbers JOIN compliance_applicant a
        ON a.document_index = numbers.number AND a.environment = me.environment
     UNION
    SELECT a.id FROM me CROSS JOIN numbers JOIN compliance_datacorrection d ON d.document_index = numbers.number
      JOIN compliance_applicant a ON a.id = d.applicant_id AND a.environment = me.environment
     UNION
    SELECT c.applicant_id FROM me CROSS JOIN numbers JOIN compliance_check k
        ON k.document_index = numbers.number AND k.environment = me.environment JOIN compliance_case c ON c.id = k.case_id
$$;

CREATE FUNCTION compliance_took_over(of_case bigint, person bigint) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO 'public', 'pg_temp'
    AS $$
    -- A process of the previous release records the claim of a manager as 'claimed'.
    SELECT EXISTS (
        SELECT FROM compliance_case c JOIN compliance_event e ON e.case_id = c.id
          JOIN compliance_user u ON u.id = e.actor_id
          LEFT JOIN compliance_user asker ON asker.id = c.escalated_by_id
         WHERE c.id = of_case AND u.person_id = person AND u.person_id IS DISTINCT FROM asker.person_id
           AND e.at >= coalesce(c.escalated_at, '-infinity')
           AND (e.type = 'escalation_taken_over' OR e.type = 'claimed' AND compliance_may_approve(u.id)))
$$;

CREATE TRIGGER compliance_guard_first_head BEFORE INSERT ON compliance_case
    FOR EACH ROW WHEN (((new.event_seq <> 0) OR (new.event_hash <> '\x'::bytea)))
    EXECUTE FUNCTION compliance_guard_head();
CREATE TRIGGER compliance_guard_first_standing BEFORE INSERT ON compliance_case
    FOR EACH ROW WHEN ((new.decision_id IS NOT NULL))
    EXECUTE FUNCTION compliance_guard_standing();
CREATE TRIGGER compliance_guard_head BEFORE UPDATE ON compliance_case
    FOR EACH ROW WHEN (((new.event_seq IS DISTINCT FROM old.event_seq) OR (new.event_hash IS DISTINCT FROM old.event_hash)))
    EXECUTE FUNCTION compliance_guard_head();
CREATE TRIGGER compliance_guard_question BEFORE UPDATE ON compliance_case
    FOR EACH ROW WHEN ((old.question AND ((NOT new.question) OR (((new.escalated_by_id IS DISTINCT FROM old.escalated_by_id) OR (new.escalated_at IS DISTINCT FROM old.escalated_at)) OR (new.escalation_id IS DISTINCT FROM old.escalation_id)))))
    EXECUTE FUNCTION compliance_guard_question();
CREATE TRIGGER compliance_guard_standing BEFORE UPDATE ON compliance_case
    FOR EACH ROW WHEN ((new.decision_id IS DISTINCT FROM old.decision_id))
    EXECUTE FUNCTION compliance_guard_standing();
CREATE TRIGGER compliance_guard_check BEFORE UPDATE ON compliance_check
    FOR EACH ROW WHEN (((((((((((new.case_id IS DISTINCT FROM old.case_id) OR (new.account_id IS DISTINCT FROM old.account_id)) OR ((new.provider)::text IS DISTINCT FROM (old.provider)::text)) OR ((new.kind)::text IS DISTINCT FROM (old.kind)::text)) OR ((new.reference)::text IS DISTINCT FROM (old.reference)::text)) OR ((new.environment)::text IS DISTINCT FROM (old.environment)::text)) OR (new.is_double IS DISTINCT FROM old.is_double)) OR (new.entered_by_id IS DISTINCT FROM old.entered_by_id)) OR (new.superseded_by_id IS DISTINCT FROM old.superseded_by_id)) OR (new.report_count < old.report_count)))
    EXECUTE FUNCTION compliance_guard_check();
CREATE TRIGGER compliance_guard_new_check BEFORE INSERT ON compliance_check
    FOR EACH ROW
    EXECUTE FUNCTION compliance_guard_check();
CREATE TRIGGER compliance_checkreport_no_change BEFORE DELETE OR UPDATE ON compliance_checkreport
    FOR EACH ROW
    EXECUTE FUNCTION compliance_refuse_change();
CREATE TRIGGER compliance_checkreport_no_truncate BEFORE TRUNCATE ON compliance_checkreport
    FOR EACH STATEMENT
    EXECUTE FUNCTION compliance_refuse_change();
CREATE TRIGGER compliance_datacorrection_no_change BEFORE DELETE OR UPDATE ON compliance_datacorrection
    FOR EACH ROW
    EXECUTE FUNCTION compliance_refuse_change();
CREATE TRIGGER compliance_datacorrection_no_truncate BEFORE TRUNCATE ON compliance_datacorrection
    FOR EACH STATEMENT
    EXECUTE FUNCTION compliance_refuse_change();
CREATE TRIGGER compliance_guard_correction BEFORE INSERT ON compliance_datacorrection
    FOR EACH ROW
    EXECUTE FUNCTION compliance_guard_correction();
CREATE TRIGGER compliance_decision_no_change BEFORE DELETE OR UPDATE ON compliance_decision
    FOR EACH ROW
    EXECUTE FUNCTION compliance_refuse_change();
CREATE TRIGGER compliance_decision_no_truncate BEFORE TRUNCATE ON compliance_decision
    FOR EACH STATEMENT
    EXECUTE FUNCTION compliance_refuse_change();
CREATE TRIGGER compliance_guard_decision BEFORE INSERT ON compliance_decision
    FOR EACH ROW
    EXECUTE FUNCTION compliance_guard_decision();
CREATE TRIGGER compliance_guard_escalation BEFORE INSERT ON compliance_decision
    FOR EACH ROW
    EXECUTE FUNCTION compliance_guard_escalation();
CREATE TRIGGER compliance_deskevent_no_change BEFORE DELETE OR UPDATE ON compliance_deskevent
    FOR EACH ROW
    EXECUTE FUNCTION compliance_refuse_change();
CREATE TRIGGER compliance_deskevent_no_truncate BEFORE TRUNCATE ON compliance_deskevent
    FOR EACH STATEMENT
    EXECUTE FUNCTION compliance_refuse_change();
CREATE TRIGGER compliance_distinctapplicants_no_change BEFORE DELETE OR UPDATE ON compliance_distinctapplicants
    FOR EACH ROW
    EXECUTE FUNCTION compliance_refuse_change();
CREATE TRIGGER compliance_distinctapplicants_no_truncate BEFORE TRUNCATE ON compliance_distinctapplicants
    FOR EACH STATEMENT
    EXECUTE FUNCTION compliance_refuse_change();
CREATE TRIGGER compliance_guard_distinct BEFORE INSERT ON compliance_distinctapplicants
    FOR EACH ROW
    EXECUTE FUNCTION compliance_guard_distinct();
CREATE TRIGGER compliance_escalationanswer_no_change BEFORE DELETE OR UPDATE ON compliance_escalationanswer
    FOR EACH ROW
    EXECUTE FUNCTION compliance_refuse_change();
CREATE TRIGGER compliance_escalationanswer_no_truncate BEFORE TRUNCATE ON compliance_escalationanswer
    FOR EACH STATEMENT
    EXECUTE FUNCTION compliance_refuse_change();
CREATE TRIGGER compliance_guard_answer BEFORE INSERT ON compliance_escalationanswer
    FOR EACH ROW
    EXECUTE FUNCTION compliance_guard_answer();
CREATE TRIGGER compliance_event_no_change BEFORE DELETE OR UPDATE ON compliance_event
    FOR EACH ROW
    EXECUTE FUNCTION compliance_refuse_change();
CREATE TRIGGER compliance_event_no_truncate BEFORE TRUNCATE ON compliance_event
    FOR EACH STATEMENT
    EXECUTE FUNCTION compliance_refuse_change();
CREATE TRIGGER compliance_guard_approval BEFORE UPDATE ON compliance_overrideproposal
    FOR EACH ROW WHEN (((new.state)::text = 'approved'::text))
    EXECUTE FUNCTION compliance_guard_approval();
CREATE TRIGGER compliance_guard_escalation BEFORE INSERT ON compliance_overrideproposal
    FOR EACH ROW
    EXECUTE FUNCTION compliance_guard_escalation();
CREATE TRIGGER compliance_guard_proposal BEFORE INSERT OR UPDATE ON compliance_overrideproposal
    FOR EACH ROW
    EXECUTE FUNCTION compliance_guard_proposal();
CREATE TRIGGER compliance_guard_second_person AFTER UPDATE ON compliance_overrideproposal
    FOR EACH ROW WHEN (((new.state)::text = 'approved'::text))
    EXECUTE FUNCTION compliance_guard_second_person();
CREATE TRIGGER compliance_guard_person_age BEFORE INSERT OR UPDATE ON compliance_person
    FOR EACH ROW
    EXECUTE FUNCTION compliance_guard_person_age();
CREATE TRIGGER compliance_guard_email AFTER UPDATE ON compliance_user
    FOR EACH ROW WHEN ((((new.email)::text <> ''::text) AND (((new.email)::text IS DISTINCT FROM (old.email)::text) OR (new.person_id IS DISTINCT FROM old.person_id))))
    EXECUTE FUNCTION compliance_guard_email();
CREATE TRIGGER compliance_guard_new_email AFTER INSERT ON compliance_user
    FOR EACH ROW WHEN (((new.email)::text <> ''::text))
    EXECUTE FUNCTION compliance_guard_email();
CREATE TRIGGER compliance_guard_person BEFORE UPDATE ON compliance_user
    FOR EACH ROW WHEN ((new.person_id IS DISTINCT FROM old.person_id))
    EXECUTE FUNCTION compliance_guard_person();
CREATE TRIGGER compliance_viewrecord_no_change BEFORE DELETE OR UPDATE ON compliance_viewrecord
    FOR EACH ROW
    EXECUTE FUNCTION compliance_refuse_change();
CREATE TRIGGER compliance_viewrecord_no_truncate BEFORE TRUNCATE ON compliance_viewrecord
    FOR EACH STATEMENT
    EXECUTE FUNCTION compliance_refuse_change();
