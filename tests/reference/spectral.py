"""Spectral and Stokes axes of an image by astropy.wcs and astropy.units: wavelengths in vacuum
metres as ObsCore has them (WCS paper III table 1)."""

from dataclasses import dataclass

import numpy as np
from astropy import constants, units

import sky as skies

# FITS 4.0 table 29.
STATES = {1: "I", 2: "Q", 3: "U", 4: "V", -1: "RR", -2: "LL", -3: "RL", -4: "LR", -5: "XX",
          -6: "YY", -7: "XY", -8: "YX"}


def air_to_vacuum(metres):
    """WCS paper III equation 65: the refractive index as a function of the vacuum wavelength."""
    vacuum = metres
    for _ in range(6):
        square = (vacuum * 1e6) ** 2
        vacuum = metres * (1 + 1e-6 * (287.6155 + 1.62887 / square + 0.01360 / square ** 2))
    return vacuum


LIGHT = constants.c.value
PLANCK_LIGHT = (constants.h * constants.c).value


def doppler(beta):
    return np.sqrt((1 + beta) / (1 - beta))


# CTYPE -> (SI unit, needs, vacuum wavelength from the value and the rest wavelength)
QUANTITIES = {
    "WAVE": ("m", "", lambda v, rest: v),
    "AWAV": ("m", "", lambda v, rest: air_to_vacuum(v)),
    "FREQ": ("Hz", "", lambda v, rest: LIGHT / v),
    "AFRQ": ("rad / s", "", lambda v, rest: 2 * np.pi * LIGHT / v),
    "ENER": ("J", "", lambda v, rest: PLANCK_LIGHT / v),
    "WAVN": ("1 / m", "", lambda v, rest: 1 / v),
    "VRAD": ("m / s", "REST", lambda v, rest: rest / (1 - v / LIGHT)),
    "VOPT": ("m / s", "REST", lambda v, rest: rest * (1 + v / LIGHT)),
    "VELO": ("m / s", "REST", lambda v, rest: rest * doppler(v / LIGHT)),
    "ZOPT": ("", "REST", lambda v, rest: rest * (1 + v)),
    "BETA": ("", "REST", lambda v, rest: rest * doppler(v)),
}


@dataclass
class Axis:
    number: int  # 0-based pixel axis
    problem: str  # the keyword that is missing for wavelengths, or empty
    wavelength: object = None  # function: pixel coordinates -> metres


def axis_of(parent, hdu):
    """The spectral axis, or None. Raises NotJudged where astropy cannot read it."""
    if len(hdu.shape) < 3:
        return None
    try:
        wcs = skies.read_wcs(hdu.header, parent.astropy)
    except Exception as error:
        raise skies.NotJudged(f"astropy.wcs: {str(error).strip()[:80]}") from error
    if wcs.naxis < 3 or wcs.wcs.spec < 0:
        return None
    row = wcs.wcs.spec
    drive = np.abs(wcs.pixel_scale_matrix[row])
    number = int(np.argmax(drive))
    quantity = wcs.wcs.ctype[row][:4]
    if quantity not in QUANTITIES or number >= len(hdu.shape):
        raise skies.NotJudged(f"spectral axis {wcs.wcs.ctype[row]} has no rule of wavelengths")
    si, needs, convert = QUANTITIES[quantity]
    rest = LIGHT / wcs.wcs.restfrq if wcs.wcs.restfrq else wcs.wcs.restwav
    if needs and not rest:
        return Axis(number, needs)
    factor = units.Unit(wcs.wcs.cunit[row]).to(units.Unit(si)) if si else 1.0
    centre = [(length + 1) / 2 for length in hdu.shape][:wcs.naxis]
    centre += [1.0] * (wcs.naxis - len(centre))

    def wavelength(pixels):
        points = np.tile(centre, (len(pixels), 1))
        points[:, number] = pixels
        world = skies.quietly(wcs.all_pix2world, points, 1)[:, row]
        return convert(world * factor, rest)

    return Axis(number, "", wavelength)


def stokes(parent, hdu):
    """(0-based axis, states by plane) of the STOKES axis, or (None, [])."""
    for axis, length in enumerate(hdu.shape):
        if str(hdu.get(f"CTYPE{axis + 1}", "")).strip() != "STOKES":
            continue
        numbers = [hdu.get(f"{name}{axis + 1}", default) for name, default in
                   (("CRVAL", 0.0), ("CRPIX", 0.0), ("CDELT", 1.0))]
        value, pixel, step = numbers
        step = hdu.get(f"CD{axis + 1}_{axis + 1}", step)
        codes = [value + (k + 1 - pixel) * step for k in range(length)]
        return axis, [STATES.get(int(round(c))) if abs(c - round(c)) < 1e-3 else None
                      for c in codes]
    return None, []
