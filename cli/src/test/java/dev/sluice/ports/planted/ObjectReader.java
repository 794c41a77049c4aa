package dev.sluice.ports.planted;

import dev.sluice.model.Problem;

/** Reaches to the side; and its package has no package-info. */
public record ObjectReader(Problem problem) {}
