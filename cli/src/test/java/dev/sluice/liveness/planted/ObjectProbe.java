package dev.sluice.liveness.planted;

import dev.sluice.model.Problem;

/** Reaches from liveness to objects. */
public record ObjectProbe(Problem problem) {}
