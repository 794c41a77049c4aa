/**
 * Ports and service nodes that nobody wrote down where they are: found by what agents tell of interfaces, and followed wherever they go.
 *
 * <p>Place: above {@code manager.objects} and the module {@code controller}; {@code manager.agents} starts it. Threads: one, which hears of agents and objects and writes
 * what was found. Specification: C9, C10; ADR 35. Start reading at {@link dev.sluice.manager.discovery.Discovery}.
 */
@NullMarked
package dev.sluice.manager.discovery;

import org.jspecify.annotations.NullMarked;
