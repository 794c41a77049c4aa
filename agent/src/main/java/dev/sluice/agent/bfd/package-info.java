/**
 * BFD on real sockets: one thread of its own, so that neither busy workers nor the control thread can make a peer look dead, or us to it.
 *
 * <p>Purpose: give the state machines of {@code liveness.bfd} UDP sockets, a clock and a thread. Place: above {@code liveness} and {@code ports}, beside the
 * rest of {@code agent}, of which it uses nothing. Threads: {@code bfd}, one for each {@link dev.sluice.agent.bfd.BfdRunner}; its methods are for any other
 * thread, events are told by it.
 *
 * <p>How to use it: open one runner for each network namespace, from a thread in it; sockets are opened as sessions need them.
 *
 * <pre>{@code
 * BfdRunner runner = BfdRunner.open(BfdRunner.Options.DEFAULT, (report, before, atNs) -> liveness.setAlive(node(report.path()), report.isUp()));
 * BfdPath path = BfdPath.singleHop(local, peer, 0);
 * runner.add(path, BfdSettings.of(BfdTiming.ofMs(50, 3)).with(BfdAuthentication.meticulousSha1(BfdKey.ofText(1, secret))));
 * runner.report(path);     // state, intervals, counters
 * runner.refusals();       // packets refused, by reason
 * runner.remove(path);     // the peer is told: administratively down
 * runner.close();          // the same for all; abandon() leaves without a word, as a crash would
 * }</pre>
 *
 * <p>Specification: docs/reference/bfd.md; RFC 5881, RFC 5883. Start reading at {@link dev.sluice.agent.bfd.BfdRunner}.
 */
@NullMarked
package dev.sluice.agent.bfd;

import org.jspecify.annotations.NullMarked;
