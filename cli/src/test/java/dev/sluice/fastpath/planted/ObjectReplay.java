package dev.sluice.fastpath.planted;

import dev.sluice.model.Problem;

/** Reaches from the fast path to objects. */
public record ObjectReplay(Problem problem) {}
