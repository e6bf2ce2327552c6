"""Where notes start: found in the spectral flux, timed precisely in the fine power."""

from dataclasses import dataclass

import numpy as np
import scipy  # submodules load on first use, which saves every process half a second at startup
from numpy.typing import NDArray

from engines.listening.spectra import FINE_RATE, FRAME_RATE, MEL_BANDS, Spectra

# Groups of mel bands: kick and bass below ~200 Hz, voices and chords, snares and hats above ~3 kHz.
GROUPS = (slice(0, 2), slice(2, 14), slice(14, MEL_BANDS))
# Steady noise and held chords fluctuate by less than this (log magnitude, by group); notes and drums exceed it.
CLEAR_RISE = (0.6, 0.3, 0.3)
# Two onsets closer together than this are heard as one.
SEPARATION_SECONDS = 0.05
# How far the flux's frame may be from the moment the fine power shows.
SEARCH_SECONDS = (-0.030, 0.035)
# Power before and after a moment is compared over these durations.
BEFORE_SECONDS, AFTER_SECONDS = 0.012, 0.006
# A drum reaches its full power within this time.
BODY_SECONDS = 0.045

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Onsets:
    """`times` in seconds, ascending. `strengths` (3, n): low, middle and high band, each scaled so that the
    song's strong onsets are about 1. `salience` combines them, as evidence that a note starts. `accents` also weighs
    how much power it adds, which separates drums from hats: what you would tap your foot to.
    """

    times: Vector
    strengths: Vector
    salience: Vector
    accents: Vector

    def between(self, start: float, end: float) -> "Onsets":
        keep = (self.times >= start) & (self.times < end)
        return Onsets(self.times[keep], self.strengths[:, keep], self.salience[keep], self.accents[keep])


def flux(spectra: Spectra) -> Vector:
    """Return the (3, n) rise of log magnitude per band group, local mean removed, frames at FRAME_RATE."""
    loudest = float(np.percentile(spectra.mel, 99.5)) or 1.0
    level = np.log1p(spectra.mel * (300 / loudest))
    # A rise counts only above the level of neighboring bands just before: vibrato isn't an onset.
    before = scipy.ndimage.maximum_filter1d(level[:, :-2], 3, axis=0)
    rise = np.maximum(0, level[:, 2:] - before)
    groups = np.stack([rise[group].mean(axis=0) for group in GROUPS]).astype(float)
    groups = np.pad(groups, ((0, 0), (1, 1)))
    return np.asarray(np.maximum(0, groups - scipy.ndimage.uniform_filter1d(groups, round(0.4 * FRAME_RATE), axis=1)))


def onsets_find(spectra: Spectra) -> Onsets:
    """Find the song's onsets; empty arrays for silence."""
    groups = flux(spectra)
    scale = np.maximum([_strong(row) for row in groups], CLEAR_RISE)[:, None]
    scaled = groups / scale
    combined = scaled.sum(axis=0) / 3
    width = round(SEPARATION_SECONDS * FRAME_RATE)
    floor = 0.08 + 1.5 * scipy.ndimage.percentile_filter(combined, 60, size=round(0.8 * FRAME_RATE))
    peaks = np.flatnonzero((combined == scipy.ndimage.maximum_filter1d(combined, 2 * width + 1)) & (combined > floor))
    if not len(peaks):
        return Onsets(np.zeros(0), np.zeros((3, 0)), np.zeros(0), np.zeros(0))
    near = scipy.ndimage.maximum_filter1d(scaled, 2 * 4 + 1, axis=1)[:, peaks]
    strengths = np.minimum(near, 1.5)
    times = _timed(peaks / FRAME_RATE, spectra.fine.astype(float))
    order = np.argsort(times)
    times, strengths = times[order], strengths[:, order]
    salience = np.array([1.2, 1.0, 0.7]) @ strengths / 2.9
    return Onsets(times, strengths, salience, salience * _power_steps(times, spectra.fine[0].astype(float)))


def _strong(row: Vector) -> float:
    """Return the level of the song's clear onsets: a high percentile of the local maxima."""
    tops = row[(row == scipy.ndimage.maximum_filter1d(row, 19)) & (row > 0)]
    if not len(tops):
        return 0.0
    return float(np.percentile(tops[tops > 0.1 * tops.max()], 85))


def _timed(rough: Vector, fine: Vector) -> Vector:
    """Move each onset to the moment where the power rises the most from before to after."""
    before, after = round(BEFORE_SECONDS * FINE_RATE), round(AFTER_SECONDS * FINE_RATE)
    totals = np.concatenate([np.zeros((2, 1)), np.cumsum(fine, axis=1)], axis=1)
    bins = fine.shape[1]
    offsets = np.arange(round(SEARCH_SECONDS[0] * FINE_RATE), round(SEARCH_SECONDS[1] * FINE_RATE) + 1)
    moment = np.clip(np.round(rough * FINE_RATE).astype(int)[:, None] + offsets, 0, bins)
    early = totals[:, moment] - totals[:, np.maximum(moment - before, 0)]
    late = totals[:, np.minimum(moment + after, bins)] - totals[:, moment]
    floor = 1e-4 * np.array([np.percentile(row, 99) for row in fine])[:, None, None] + 1e-12
    contrast = np.log(late / after + floor) - np.log(early / before + floor)
    best = contrast.max(axis=0).argmax(axis=1)
    # An onset can be anywhere in its bin; on average it is in the middle.
    return np.asarray((moment[np.arange(len(rough)), best] + 0.5) / FINE_RATE)


def _power_steps(times: Vector, power: Vector) -> Vector:
    """Return the amplitude each onset adds: 1 for a loud one in its surroundings, at most 1.5."""
    length = round(BODY_SECONDS * FINE_RATE)
    totals = np.concatenate([[0.0], np.cumsum(power)])
    at = np.clip(np.round(times * FINE_RATE).astype(int), 0, len(power))
    late = totals[np.minimum(at + length, len(power))] - totals[at]
    early = totals[at] - totals[np.maximum(at - length, 0)]
    added = np.sqrt(np.maximum(late - early, 0.02 * late) / length)
    # "Loud" is relative to the surroundings, so that a quiet verse keeps its accents.
    around = scipy.ndimage.percentile_filter(added, 85, size=25)
    return np.asarray(np.minimum(added / np.maximum(around, 0.1 * added.max(initial=1e-9)), 1.5))
