/**
 * What happened lately, for people: agents that come and go, what was found and where it went, nodes that die, refusals.
 *
 * <p>Place: below {@code manager.agents}, {@code manager.discovery} and {@code manager.rest}. Threads: none; a log is for any. Specification: C9, C10, V17; ADR 35. Start reading
 * at {@link dev.sluice.manager.events.EventLog}.
 */
@NullMarked
package dev.sluice.manager.events;

import org.jspecify.annotations.NullMarked;
