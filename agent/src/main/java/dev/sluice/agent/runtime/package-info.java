/**
 * Service nodes that this host makes because its manager says so: processes in network namespaces of their own, or whatever a hook of the host's owner makes.
 *
 * <p>Place: beside {@code node}, which only sees their interfaces; {@code southbound} starts it and reports what it says. Threads: one compares what is wanted with what is there, one per
 * instance makes, watches and removes it. Specification: C15, V28; ADR 36. Start reading at {@link dev.sluice.agent.runtime.Runtimes}, then
 * {@link dev.sluice.agent.runtime.Permits} for what a manager cannot make a host do.
 */
@NullMarked
package dev.sluice.agent.runtime;

import org.jspecify.annotations.NullMarked;
