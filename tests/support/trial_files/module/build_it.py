"""Packs the module for pip, without setuptools: a trial then needs no network for it."""

import pathlib
import zipfile

INFO = "trial_module-1.0.dist-info"


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    name = "trial_module-1.0-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(wheel_directory, name), "w") as wheel:
        wheel.write("trial_module.py")
        wheel.writestr(f"{INFO}/METADATA", "Metadata-Version: 2.1\nName: trial-module\nVersion: 1.0\n")
        wheel.writestr(f"{INFO}/WHEEL", "Wheel-Version: 1.0\nGenerator: trial\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{INFO}/RECORD", "")
    return name
