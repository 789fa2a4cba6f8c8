from tests.integration.test_bulk_registering import *

def test_collision_repeat(service, other_service, tmp_path, monkeypatch):
    people = make_people(3)
    derive = registering.registration_number
    def collide(key, canonical, attempt=0):
        return derive(key, people[0].canonical, 0) if attempt == 0 else derive(key, canonical, attempt)
    monkeypatch.setattr(registering, "registration_number", collide)
    monkeypatch.setattr(bulk_registering, "registration_number", collide)
    for each in (service, other_service):
        open_round(each)
        for p in people: register(each, p)
        pass_time(each, minutes=1)
    rows = [application_fields(each, phone="", name="王五") for each in people]
    import_rows(service, tmp_path, rows)
    register_one_by_one(other_service, rows)
    assert registrations(service) == registrations(other_service)
    assert contacts(service) == contacts(other_service)

def test_order(service, other_service, tmp_path):
    (person,) = make_people(1, start=2)
    linked = register_row("household", person, other_id_type="passport", other_id_number="GBR:123456789")
    wishes = {"district": "huli", "reach": "city", "choices": "", "phone": ""}
    rows = [application_fields(person), PASSPORT | wishes, application_fields(person, choices="")]
    for each in (service, other_service):
        open_round(each)
        import_people(each, "household", [linked])
    import_rows(service, tmp_path, rows)
    register_one_by_one(other_service, [{"for_whom": "", "keep": "", "id_type": ""} | row for row in rows])
    assert registrations(service) == registrations(other_service)
