"""Whether this installation works, and how to mend it where it does not."""

from fer.doctor.examination import examine as examine
from fer.doctor.finding import FAILED as FAILED, OK as OK, WARNING as WARNING, Finding as Finding
