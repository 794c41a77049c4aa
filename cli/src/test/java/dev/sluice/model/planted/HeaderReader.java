package dev.sluice.model.planted;

import dev.sluice.wire.Ipv4;
import dev.sluice.wire.planted.UpwardArrow;

/** Knows headers, and the class of wire that knows it; and a library that model has no business with. */
public record HeaderReader(UpwardArrow other, org.slf4j.Logger log) {
    static final Object HEADER = Ipv4.class;
}
