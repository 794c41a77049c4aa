/**
 * A node whose objects come from a manager: who is who on the way to it, the stream, what it sent last on disk, and how an update becomes a configuration or a refusal.
 *
 * <p>Place: above {@code node}; nothing but the command line uses it. Threads: one that keeps the stream, takes updates and reports; gRPC's threads only hand over to it.
 * Specification: V17, X2, S3, F5, F8; ADR 25, 30. Start reading at {@link dev.sluice.agent.southbound.ManagedNode}.
 */
@NullMarked
package dev.sluice.agent.southbound;

import org.jspecify.annotations.NullMarked;
