package dev.sluice.wire.planted;

import dev.sluice.model.Problem;

/** Reaches upwards from wire, and closes a cycle with the one planted in model. */
public record UpwardArrow(Problem problem) {
    static final Object BACK = dev.sluice.model.planted.HeaderReader.class;
}
