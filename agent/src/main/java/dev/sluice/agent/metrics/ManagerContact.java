package dev.sluice.agent.metrics;

import java.time.Instant;
import java.util.Optional;

/**
 * How a node is getting on with the manager that it follows.
 *
 * @param connected whether it hears of changes now
 * @param certificateExpires when what it shows to the manager does; empty: it shows nothing
 */
public record ManagerContact(boolean connected, Optional<Instant> certificateExpires) {}
