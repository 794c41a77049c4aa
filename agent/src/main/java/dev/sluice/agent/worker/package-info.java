/**
 * The thread that moves packets: ports in, data path, ports out, and the probes that have to keep time beside them.
 *
 * <p>Place: above {@code compile}; others reach it only through its mailbox ({@link dev.sluice.agent.worker.WorkerTask}) and single writes of a snapshot.
 * Threads: {@link dev.sluice.agent.worker.Worker} is one; what says "any thread" may be read from others. Specification: V14 (probes), X10 (what belongs to
 * the host goes to the kernel). Start reading at {@link dev.sluice.agent.worker.Worker}.
 */
@NullMarked
package dev.sluice.agent.worker;

import org.jspecify.annotations.NullMarked;
