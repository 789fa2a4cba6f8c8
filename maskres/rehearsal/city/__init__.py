"""The synthetic city: an invented Xiamen, made from one seed text, for rehearsals and benchmarks.

It shares no code with the rooms it tests: numbers, names and spellings are made here from the standards, so that
the system has to cope with what offices and people write. Order of making:
chance → people → documents, names → belonging → registers; wishes → registrations, singles; stores → slots.
"""

from maskres.rehearsal.city.chance import derive_key
from maskres.rehearsal.city.facade import City
from maskres.rehearsal.city.singles import Action, Scenario, SingleRegistration, SingleStep
from maskres.rehearsal.city.stores import Store
from maskres.rehearsal.city.timetable import Timetable
from maskres.rehearsal.city.wishes import Registration

__all__ = [
    "Action",
    "City",
    "Registration",
    "Scenario",
    "SingleRegistration",
    "SingleStep",
    "Store",
    "Timetable",
    "derive_key",
]
