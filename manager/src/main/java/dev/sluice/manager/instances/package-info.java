/**
 * Instances that the manager makes itself: how many, where, which go, and what is said of it in the status of their deployment.
 *
 * <p>Place: beside {@code manager.agents}; it changes objects as users do and asks the controller what hosts say. What is to be done follows from the objects and from what is seen, so a manager that ended at any
 * moment goes on where it was. Threads: one. Specification: C15, V28; ADR 36. Start reading at {@link dev.sluice.manager.instances.FleetPlan}, which decides.
 */
@NullMarked
package dev.sluice.manager.instances;

import org.jspecify.annotations.NullMarked;
