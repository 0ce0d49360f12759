"""From a device file to a junction, its switch, its spread."""

from __future__ import annotations

from collections.abc import Iterable

from cimsim.arch.quantity import Pick, Quantity, nominal
from cimsim.arch.spec_device import (
    BlochSpec,
    DeviceSpec,
    EffectiveSpec,
    MtjSpec,
    ThresholdSpec,
)
from cimsim.devices.junction import Junction, Spread
from cimsim.devices.magnet import ROOM_K, Bloch, EffectiveMagnet, Macrospin, Magnet
from cimsim.devices.mtj import resistance_parallel_ohm
from cimsim.devices.scalar import Scalar
from cimsim.devices.switch import SotSwitch, SttSwitch, Switch
from cimsim.devices.switching_table import DELTAS
from cimsim.errors import SpecError

__all__ = ["build_junction", "build_magnet", "build_spread", "build_switch", "check_barrier"]

LEAST_DELTA, MOST_DELTA = 15.0, 120.0
"""Of a device at 300 K: a bit or a weight is kept for a moment, and the table of switching knows it."""


def build_junction(mtj: MtjSpec, access_ohm: Scalar, pick: Pick = nominal) -> Junction:
    """The junction behind a transistor."""
    if mtj.resistance_parallel_ohm is not None:
        resistance = pick(mtj.resistance_parallel_ohm)
    else:
        assert mtj.ra_product_ohm_m2 is not None and mtj.diameter_m is not None
        resistance = resistance_parallel_ohm(pick(mtj.ra_product_ohm_m2), pick(mtj.diameter_m))
    loss = 0.0 if mtj.polarisation_loss is None else pick(mtj.polarisation_loss)
    return Junction(resistance, pick(mtj.tmr_zero_bias), pick(mtj.tmr_half_voltage_v), loss, access_ohm)


def build_switch(device: DeviceSpec, access_ohm: Scalar = 0.0, pick: Pick = nominal) -> Switch:
    """How pulses switch the device; draws of the sources move resistances, not the magnet."""
    junction, switching = build_junction(device.junction, access_ohm, pick), device.switching
    if not isinstance(switching, ThresholdSpec):
        return SttSwitch(junction, build_magnet(device))
    return SotSwitch(
        junction,
        track_ohm=pick(switching.track_resistance_ohm),
        nominal_track_ohm=switching.track_resistance_ohm.value,
        threshold_v=switching.threshold_v.value,
        width_v=switching.width_v.value,
        delta=switching.delta.value,
        attempt_s=switching.attempt_s.value,
        incubation_v=switching.incubation_v.value,
        incubation_s=switching.incubation_s.value,
        temperature=_bloch(switching.temperature),
    )


def build_magnet(device: DeviceSpec) -> Magnet:
    """The free layer of a device written by spin transfer, at its nominal values."""
    switching = device.switching
    assert not isinstance(switching, ThresholdSpec)
    temperature = _bloch(switching.temperature, _or(device.junction.polarisation_loss, 0.0))
    if isinstance(switching, EffectiveSpec):
        return EffectiveMagnet(
            delta=switching.delta.value,
            to_antiparallel_a=switching.critical_to_antiparallel_a.value,
            to_parallel_a=switching.critical_to_parallel_a.value,
            relaxation_s=switching.relaxation_s.value,
            temperature=temperature,
        )
    return Macrospin(
        diameter_m=switching.diameter_m.value,
        thickness_m=switching.thickness_m.value,
        magnetisation_a_per_m=switching.magnetisation_a_per_m.value,
        anisotropy_j_per_m2=switching.anisotropy_j_per_m2.value,
        damping=switching.damping.value,
        polarisation=switching.polarisation.value,
        temperature=temperature,
        asymmetry=_or(switching.critical_asymmetry, 1.0),
        vcma_j_per_vm=_or(switching.vcma_j_per_v_m, 0.0),
        barrier_m=_or(switching.oxide_m, 1e-9),
    )


def build_spread(device: DeviceSpec) -> Spread:
    """Deviations from device to device."""
    spread = device.spread
    return Spread(
        resistance=spread.resistance_cv.value,
        tmr=spread.tmr_cv.value,
        track=_or(spread.track_cv, 0.0),
        delta=spread.delta_cv.value,
        critical=spread.critical_cv.value,
    )


def _bloch(spec: BlochSpec, polarisation_loss: float = 0.0) -> Bloch:
    return Bloch(
        spec.curie_k.value,
        spec.magnetisation_exponent.value,
        spec.anisotropy_exponent.value,
        polarisation_loss,
    )


def _or(quantity: Quantity | None, default: float) -> float:
    return default if quantity is None else quantity.value


def check_barrier(device: DeviceSpec, place: str, temperatures_k: Iterable[float] = ()) -> None:
    """Refuse a device whose barrier is not one that switching can be computed for.

    Parameters
    ----------
    temperatures_k : where it is used, beside the 300 K that it is described at

    Raises
    ------
    SpecError
    """
    if device.is_sot:
        return
    magnet = build_magnet(device)
    _within(float(magnet.barrier().delta), (LEAST_DELTA, MOST_DELTA), ROOM_K, place, device)
    for temperature_k in temperatures_k:
        _within(float(magnet.barrier(temperature_k).delta), DELTAS, temperature_k, place, device)


def _within(
    delta: float, limits: tuple[float, float], temperature_k: float, place: str, device: DeviceSpec
) -> None:
    low, high = limits
    if not low <= delta <= high:
        rule = f"must make a barrier from {low:g} to {high:g} k_B T at {temperature_k:g} K"
        cure = ""
        if device.switching.type == "macrospin":
            cure = "a pillar above some 40 nm is no macrospin: give its measured delta (type: effective)"
        raise SpecError(place, rule, f"{delta:.4g}", cure)
