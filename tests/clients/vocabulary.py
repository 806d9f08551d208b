"""The vocabulary datalink/core for pyvo, which fetches it from the IVOA's server: tests do not leave
the machine. Terms and what is narrower, as http://www.ivoa.net/rdf/datalink/core has them (2026-03).
"""

from pyvo.dal import adhoc

NARROWER = {
    "auxiliary": ["weight", "error", "noise"],
    "calibration": ["bias", "dark", "flat"],
    "preview": ["preview-image", "preview-plot", "thumbnail"],
    "proc": ["cutout"],
}
TERMS = ["this", "progenitor", "derivation", "documentation", "detached-header", "coderived",
         "counterpart", "package", *NARROWER, *(term for row in NARROWER.values() for term in row)]


def install():
    """pyvo takes it from here."""
    terms = {term: {"label": term, "narrower": NARROWER.get(term, [])} for term in TERMS}
    adhoc.vocabularies.get_vocabulary = lambda name, force_update=False: {"terms": terms}
