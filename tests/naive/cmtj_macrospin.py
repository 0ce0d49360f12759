"""The macrospin of cmtj, a C++ solver that we did not write, set up as REF40."""

import numpy as np

from cimsim.devices.llg import thermal_start
from cimsim.devices.magnet import Bloch, Macrospin

REF40 = Macrospin(40e-9, 1.3e-9, 1.0e6, 0.9308e-3, 0.01, 0.6, Bloch(1200.0, 1.5, 2.5))


def cmtj_run(cmtj, overdrive, seed, n_steps):
    """REF40 under a current density, 1 ps steps; its log."""
    n_in, n_out = REF40.demagnetisation
    ms_t = 4e-7 * np.pi * REF40.magnetisation_a_per_m
    start = thermal_start(1, float(REF40.barrier().delta), seed=1000 + seed)[0]
    layer = cmtj.Layer.createSTTLayer(
        id="free", mag=cmtj.CVector(*start), anis=cmtj.CVector(0, 0, 1), Ms=ms_t, thickness=REF40.thickness_m,
        cellSurface=np.pi / 4 * REF40.diameter_m**2,
        demagTensor=[cmtj.CVector(n_in, 0, 0), cmtj.CVector(0, n_in, 0), cmtj.CVector(0, 0, n_out)],
        damping=REF40.damping, SlonczewskiSpacerLayerParameter=1.0, beta=0.0,
        spinPolarisation=REF40.polarisation,
    )  # fmt: skip
    layer.setReferenceLayer(cmtj.CVector(0, 0, -1))
    junction = cmtj.Junction([layer])
    junction.setLayerAnisotropyDriver(
        "free", cmtj.ScalarDriver.getConstantDriver(REF40.anisotropy_j_per_m2 / REF40.thickness_m)
    )
    junction.setLayerTemperatureDriver("free", cmtj.ScalarDriver.getConstantDriver(300.0))
    density = overdrive * REF40.barrier().to_antiparallel_a / (np.pi / 4 * REF40.diameter_m**2)
    junction.setLayerCurrentDriver("free", cmtj.ScalarDriver.getConstantDriver(density))
    junction.runSimulation(n_steps * 1e-12, 1e-12, 1e-12, solverMode=cmtj.SolverMode.Heun)
    return junction.getLog()
