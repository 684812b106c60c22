"""Keys of words find spellings of one name, and nobody approves alone before the search. Equal keys mean one person."""

from importlib import import_module

from django.db import migrations, models

LAST = import_module("compliance.migrations.0023_two_people_distinguish_applicants").SAME_PERSON
SAME_PERSON = LAST.replace(
    "             SELECT compliance_same_person_by_index(of_case)\n",
    """             SELECT compliance_same_person_by_index(of_case)
              UNION
             SELECT other.applicant_id
               FROM me
               JOIN compliance_case mine ON mine.applicant_id = me.id
               JOIN compliance_identitykey k ON k.case_id = mine.id AND k.kind <> 'name_word'
               JOIN compliance_identitykey o
                 ON o.value = k.value AND o.kind = k.kind AND o.environment = k.environment
               JOIN compliance_case other ON other.id = o.case_id
""",
)
GUARD = """
CREATE FUNCTION compliance_guard_search() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM compliance_case WHERE id = NEW.case_id AND duplicates_due) THEN
        RAISE EXCEPTION 'other cases of the person have not been searched for' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER compliance_guard_search BEFORE INSERT ON compliance_decision FOR EACH ROW
    WHEN (NEW.verdict = 'approve' AND NEW.proposal_id IS NULL) EXECUTE FUNCTION compliance_guard_search();
"""
UNDO = """
DROP TRIGGER compliance_guard_search ON compliance_decision;
DROP FUNCTION compliance_guard_search();
DELETE FROM compliance_identitykey WHERE kind IN ('same_file', 'similar_name', 'name_word');
"""


class Migration(migrations.Migration):
    dependencies = [("compliance", "0023_two_people_distinguish_applicants")]

    operations = [
        migrations.RemoveConstraint(model_name="identitykey", name="identity_key_kind_known"),
        migrations.AlterField(
            model_name="identitykey",
            name="kind",
            field=models.CharField(
                choices=[
                    ("document_number", "Document number"),
                    ("birth_date", "Birth date and name"),
                    ("same_file", "Same file or similar selfie"),
                    ("similar_name", "Spellings of one name"),
                    ("name_word", "Birth date and a word of the name"),
                ],
                max_length=20,
            ),
        ),
        migrations.AddConstraint(
            model_name="identitykey",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind__in", ["document_number", "birth_date", "same_file", "similar_name", "name_word"])
                ),
                name="identity_key_kind_known",
            ),
        ),
        migrations.RunSQL(SAME_PERSON + GUARD, LAST + UNDO),
    ]
