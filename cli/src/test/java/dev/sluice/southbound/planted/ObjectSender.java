package dev.sluice.southbound.planted;

import dev.sluice.model.Configuration;

/** The protocol does not know what it carries. */
record ObjectSender(Configuration objects) {}
