package dev.sluice.sdk.planted;

import dev.sluice.model.Problem;

/** Reaches from a service node to objects. */
public record ObjectNode(Problem problem) {}
