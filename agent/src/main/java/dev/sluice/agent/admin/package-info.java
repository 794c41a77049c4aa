/**
 * The administration socket: a Unix socket over which one JSON line asks and one answers.
 *
 * <p>Place: above {@code report}; whoever has something to administer registers an {@link dev.sluice.agent.admin.AdminCommand}. Threads: one virtual thread
 * for each client; commands are answered on it and hand work to the owner of what they touch. Specification: V12, C14 (who may connect is who may write
 * the socket). Start reading at {@link dev.sluice.agent.admin.AdminServer}; the other end is {@link dev.sluice.agent.admin.AdminClient}.
 */
@NullMarked
package dev.sluice.agent.admin;

import org.jspecify.annotations.NullMarked;
