"""A program that somebody generated from openapi.yaml and wrote without reading a line of ours: HR says that an
employment ends, and the case for its phone is read back."""

import datetime
import importlib
import sys

sys.path.insert(0, ".")
api = importlib.import_module("client")
BASE, TOKEN = sys.argv[1:]
client = api.AuthenticatedClient(base_url=BASE, token=TOKEN, raise_on_unexpected_status=True)


def call(module, *args, **kwargs):
    return importlib.import_module(f"client.api.{module}").sync_detailed(*args, client=client, **kwargs)


def expect(what, fine):
    print(f"{'ok  ' if fine else 'FAIL'} {what}")
    if not fine:
        sys.exit(1)


models = importlib.import_module("client.models")

# Somebody who has a phone.
assignments = call("devices.assignments_list", limit=200).parsed.items
assigned = next(row for row in assignments if row.device_id and row.ended_at is None)
employment = call("organisation.employments_get", assigned.employment_id).parsed
person = call("organisation.people_get", employment.person_id).parsed
last_day = datetime.date.today() + datetime.timedelta(days=1)
document = models.EmploymentDocumentIn.from_dict({
    "person": {"external_id": next(it.external_id for it in person.identifiers if it.source == employment.source)},
    "kind": str(employment.kind), "unit": "SOC", "state": "active", "start_date": str(employment.start_date),
    "end_date": str(last_day), "sequence": 10_000,
})
answer = call("hr.employments_deliver", employment.source, employment.external_id, body=document)
expect(f"the last day is delivered: {answer.status_code}", answer.status_code == 200)
expect("and applied", str(answer.parsed.outcome) == "applied")
again = call("hr.employments_deliver", employment.source, employment.external_id, body=document)
expect("once", str(again.parsed.outcome) == "unchanged")

cases = call("terminations.terminations_list", employment_id=employment.id).parsed.items
expect("there is one case for it", len(cases) == 1)
case = call("terminations.terminations_get", cases[0].id).parsed
expect("which ends on that day", case.end_on == last_day)
expect("with the phone in it", any(item.device and item.device.id == assigned.device_id for item in case.items))
